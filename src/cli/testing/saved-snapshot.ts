/**
 * A snapshot as `nomad operator snapshot save` wrote it in this version: a node, two jobs, and what comes with them. Kept
 * as it is, to show that later versions read it.
 */
export const savedSnapshot = Buffer.from(
  [
    "H4sIAAAAAAAAA+1Yz2/byBUe26fusecCNdg9FXZAShQluUBRWXQSZS1HMZUUaNHDkHySJx7OEDNDO9o0qPsHFLCb7W7bE5HYkizZTgKkQHsTfO",
    "xhgQK6LJD/pe1QluNNaiTZxW4vpg3yzQ/Om/e99715VAQKX7svOUPf3WWapumYJtJP8+2nmSsUpmNn48WCY6J587vb0uuVE6mwQOb3ouv7sOcD",
    "dTw07oGQhDNjyVowaq6xZOQW84tWsVzI27lS5jBjwaixEB4YS/kFowkiMpZyC0aVsxZpJwKr7O2HhgdiC4Q0ln790PCSVkvgNhhL5tmq2FgwKm",
    "EoQEpjybDMa/rPWrIdu2g8+s2jN9Y702cuGB75FIylnF0wH330gbZdTX83AlJhBdd88n/kv+3kcm/xv5C/4v+7vfftZ6zdrldcr1lprswg9IPf",
    "DT7+7U8RQl+MxS8eHxBN+q7CPgV5oEgEcu7zsag83mc4gkOKpcpoui/4tjxgPAQ5M1PZv899OTdbObrPfS+JIiwI6PbzGAThIQlWccKCDZAIVY",
    "awhWmSJRA9ZYgp5cGkidDeWCz/cbKHJ1jNfPmzv/4TITT7r7GovkI/flJz+x4EAlTNHbhY4QCYArG/hiPo32w2GzrXDJqr3grT+w8HFaUE8RMF",
    "8nAdJE9EALK/DlInrfB4jYdw3v1i2n3ec7BK2Kbcr4PCh3pqlWIp+1pqcE6PqzyKEwVh1n3gCkzYcXb3lMAK2p2/ecEGhAklrL1CSZv4hBLV6X",
    "oKq0S+mDxckIEgsbb+2aTnbhxiBWFFdVe2gCnZcwXRGXZ4k0t1j9MkAnmk5TVQ21xsypdVr1blTAlOKYgGTdqEyZOqV8t2OmkermKpss0NqwKw",
    "gsyHwzoPSauTyV99bPtFbIIZLFqWZS3auVxusZTP5xdt27YLhULBcRwnfRoG1lPOID3dGY3Gwv3z02qcdOsQcdHZd4nc7E+3daTVTxs9F7ZIAP",
    "KkTpjbYTgiQYMLdVLHDy40x2Jl77AaJ94GFiDRWFzf60+Wri+jsbix19Ua6stod3cXobG4+dml2lfQdXQDjUVt79yvGjOtVKY7O2mano76kHmF",
    "woEAHHbSmb2xuPWnXh2kxG049BJfdqSCqOeCwoTKw6Zmg8JRfBHEZ9rOeQFtIhUICHtVmmhp56VVLpqLprVoWk3TXNL/1q/Qjr5GMzMIzf57LD",
    "55hX7SXYc24exQB7GMcQA6yhtYAFM1Nwvt/WYnhn5DEC6I6hxWKK2o2yyA4WsKvI7LYZUzqbSrlRxUWi3CiCIge16srZSDJpabNwRPYtmdhNqw",
    "nlBFtAGc9RtnfH3ewAJHoECQTyG8xf2BS2SMlY7ov0/FWghRzBWwoNPkm8B6DdyhHIcZZbJ9JDQbGNzDCVWZeJKJ57YerfEIh9lIzb2UGvue4r",
    "Ee9Sn0zkqXgZf4EVHaJ5fF9Mkt7l8I8bQXQktrfxL66ZPQ7+k0QAJAp7vp7u7u3lisvkI/zBA/qPKEqXdAebyuo0GoBqck6DxfBznhO0w6jlfi",
    "DYhAYKqj9gzsXp20dXY40G6Q52Tp6zJKE6R3xvAMwp4XYJ09jr2NRIV8m7lAcecfGoxKS4GoUgJMuUQGnDEI1FMcxzO7u7sjff2XIzs7I03S+l",
    "96nsLtNohhHT/QjqUU6PAmYKo2qhsQbGpaTpodjeezM9kFHFLC4HlD8Lau4aYdg0qi+DpsgVBDLTYEj7iCbhUzLDoIpQih01M0Go1O05EmW9qL",
    "gYWEtdPTU/TlduEzNDc3hxDyPzl3ytNt8FN9e9Mtq//TrPp7aZmdnUUIDcdi7fODW9yvua9Z1pucU51+dYPQUMClmVFHylng/F5vZSxuf9G9k0",
    "ACYV+fARQUdK9jQiHsrSeMEdbuezouCGvvr3KpenfZJuPb02JrLBqPe40JHNMX9jWyCKEMlPm1DIaLOm+fnfkNfRjOIjTzh7G48wr96MlFi84z",
    "RJYvhk1BtM8hXO5MbH+DDl2duGpulr8usOTIhZjyTpSln8sZ+UtM1KG+3WWK0P4aPFArW5geNQRsEZ5I3RguUx5sQqjlkwlCzRsVfdzL59mpee",
    "FYfLkiAxxD+LVT9cWdhCu8SiKi1gFrdh1VGOO6em1QzF5MvJCtOCkgjj2GY7nBJzXKZXlhMDkDdagPJpZrsRf6i7o0mQKPUp0k5lL0OnjRKE3T",
    "nZ3T9HQHzc1lcZzdEEI/v9PfhrcW0I6cvWyF2dmvrfDty7r3XsG7WckVHO9u3XvvVz544ju///Pnvw1Mv/9z+av6/4Nx/iYvlEvllmWWsAl5G4",
    "o5K4/DsGwVWnk7DC3btot2KWiFQTFfCAOzXG7liqViKdcC39KCmZ+fj6a/IH2Uy5fKBccvOD5Y+VLB8nE5zFsly8xBOV+yA9spWmUbt0q25Tgm",
    "OHkHFwuOY1mO79gt7MzPn3+NXn3qfxNnXr1zhcAVAlcIfAAC/wEPs19kABgAAA==",
  ].join(""),
  "base64",
);
