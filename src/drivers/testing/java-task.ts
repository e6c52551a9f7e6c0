/**
 * A jar that does what the conformance suite asks of a task, for machines that have a Java runtime but no compiler. Its
 * arguments: `exit CODE`, `print OUT ERR`, `run`, `runOn` (which does not end when told to), `soon` (which exits with 7).
 * It was made by `javac -g:none --release 8` of this:
 *
 *     public final class Main extends Thread {
 *       public static void main(String[] args) throws Exception {
 *         if (args[0].equals("exit")) System.exit(Integer.parseInt(args[1]));
 *         if (args[0].equals("print")) {
 *           System.out.print(args[1]);
 *           System.err.print(args[2]);
 *           System.exit(0);
 *         }
 *         if (args[0].equals("runOn")) Runtime.getRuntime().addShutdownHook(new Main());
 *         System.out.println("up");
 *         Thread.sleep(args[0].equals("soon") ? 300 : 60000);
 *         System.exit(7);
 *       }
 *
 *       public void run() {
 *         try {
 *           Thread.sleep(60000);
 *         } catch (InterruptedException e) {
 *           return;
 *         }
 *       }
 *     }
 */
export const javaTask: Uint8Array = Buffer.from(
  [
    "UEsDBBQAAAAIAAAAIVxh8U5CJgAAACcAAAAUAAAATUVUQS1JTkYvTUFOSUZFU1QuTUbzTczLTEstLtENSy0qzszPs1Iw1DPg8k3MzNN1zkksLrZS",
    "ALG5AFBLAwQUAAAACAAAACFcZDdkD2MCAADlAwAACgAAAE1haW4uY2xhc3N1Uu1S00AUPds03TQuUqB8iSJ+txUsIH4WGQcEKRZhhGFG/WOgOyXQ",
    "JjFNFN/BF/AJ+A0/oKMzPoCP4kM43k0RLGJmsh/3nnv2nLv749fX7wAmsGwiBo0jLqAjwZDasj5Y+arlVPKrm760ygyJSduxgykGLZNdM2AwxOWO",
    "HZgwcY5DCLThfEvhSuDbToUK5fvQqtYZujOlk+zS+pbcCArZNyZS6ODoFOhCmqHjBFJ0AlmRPoPhWX5d0vYUR/OEQrZooge9HH0CBvpbRXyqB7JG",
    "WjNFpXqAQfeoKEhSxSWBQVwmQ26omJvEtptfVgDillatYOIKrnJcExjAdYauMzD/EbWmjrgpcCs6Qvq+gSyd7ofOkmPiNoY5RgTuIN/i+VXoBHZN",
    "MpgVGRxvujPZ0j+YAscYGVu0bOIbhaZIJwTu4T5Du1Uur2yGQdn96My77vYpjc07LaiOPGSIhZ6y+VigoDzyqEFVx8AToq+7rqMj+tjw0eLnO/Vc",
    "ZgSeYZYs1atSeqrFC9k1jucMg6136PuhF8jy7M6G9ALbdQg645bJVrxG2hl6Mm/P6h9D20pgbWwvWt6qtV5VPTmmqHO8/HMbUdVf5Bq1GGPUkVgk",
    "VgNTb5rGedp10Mxo1nOHYHsRIIkiFgis0p8jOODntPFOfoDkF4hcfLyB9ga6VexCFOvfx0UKH2BoHzdyulpoR4BMBEg1kPuG0deHoNxdQnc+OMAj",
    "lZ+M8sk0pnaRSONpA9MpTrVKC8MLGg3o6aHevuk4SrSLU3SR/qVjCyOkVVkTzepd6KW9vUh1grzMHbFwxIoccxT+DVBLAQIUAxQAAAAIAAAAIVxh",
    "8U5CJgAAACcAAAAUAAAAAAAAAAAAAACAAQAAAABNRVRBLUlORi9NQU5JRkVTVC5NRlBLAQIUAxQAAAAIAAAAIVxkN2QPYwIAAOUDAAAKAAAAAAAA",
    "AAAAAACAAVgAAABNYWluLmNsYXNzUEsFBgAAAAACAAIAegAAAOMCAAAAAA==",
  ].join(""),
  "base64",
);
