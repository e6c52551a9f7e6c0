/** The version of Nomad whose behaviour and wire formats this program keeps. Other programs decide by it. */
export const compatibleVersion = "0.4.1";
