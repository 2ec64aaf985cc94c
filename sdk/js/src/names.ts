/** Fields are called as in JavaScript here, and with underscores on the wire. */

type Camel<Name> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

export type Camels<Fields> = { [Name in keyof Fields as Camel<Name>]: Fields[Name] };

/** `sent_at_ms` becomes `sentAtMs`. */
export function camel<Name extends string>(name: Name): Camel<Name> {
  return name.replace(/_./g, ([, letter]) => letter!.toUpperCase()) as Camel<Name>;
}

export function camels<Fields extends object>(fields: Fields): Camels<Fields> {
  return renamed(fields, camel) as Camels<Fields>;
}

/** `ifVersion` becomes `if_version`. */
export function snakes(fields: object): object {
  return renamed(fields, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

function renamed(fields: object, rename: (name: string) => string): object {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [rename(name), field]));
}
