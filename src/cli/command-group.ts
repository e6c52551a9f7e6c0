import { type Command, usageText } from "./command.ts";

interface Subcommand {
  readonly synopsis: string;
  load(): Promise<{ readonly command: Command }>;
}

interface Group {
  /** What follows `nomad` in the usage line, without the subcommand. */
  readonly name: string;
  readonly about: string;
  readonly subcommands: Readonly<Record<string, Subcommand>>;
}

/** A command that only leads to others: `nomad operator`. Without one that it knows it shows them, and fails. */
export function commandGroup({ name, about, subcommands }: Group): Command {
  const width = Math.max(...Object.keys(subcommands).map((each) => each.length));
  const lines = Object.entries(subcommands).map(([each, { synopsis }]) => `    ${each.padEnd(width)}    ${synopsis}`);
  const help = `${usageText(`${name} <subcommand> [options]`, about)}\n\nSubcommands:\n${lines.join("\n")}`;
  return {
    help,
    run: async (environment, args) => {
      const [wanted = "", ...rest] = args;
      if (["-h", "-help", "--help"].includes(wanted)) {
        environment.output.write(`${help}\n`);
        return 0;
      }
      if (Object.hasOwn(subcommands, wanted)) {
        const { command } = await subcommands[wanted]!.load();
        return command.run(environment, rest);
      }
      environment.errors.write(`${help}\n`);
      return 1;
    },
  };
}
