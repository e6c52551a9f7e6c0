import fc from "fast-check";

/**
 * Properties try the same cases at every run, so that a change is judged by what it changes; `NOMAD_TEST_SEED=random`
 * lets them look further, and a number repeats what failed. To be loaded before the tests.
 */
const { NOMAD_TEST_SEED = "1" } = process.env;
if (NOMAD_TEST_SEED !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(NOMAD_TEST_SEED) });
