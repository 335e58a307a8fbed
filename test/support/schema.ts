/** As much of JSON Schema as docs/plan.schema.json uses. */

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: false;
  readonly items?: Schema;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const typeOf = (value: unknown): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "array"
      : typeof value === "number" && Number.isInteger(value)
        ? "integer"
        : typeof value;

/** What is wrong with a value, with its path. */
export function problemsIn(value: unknown, schema: Schema, root: Schema = schema, at = "$"): readonly string[] {
  if (schema.$ref) return problemsIn(value, root.$defs?.[schema.$ref.replace("#/$defs/", "")] ?? {}, root, at);
  if (schema.type && ![schema.type].flat().includes(typeOf(value))) return [`${at} is ${typeOf(value)}`];
  if ("const" in schema && schema.const !== value) return [`${at} is ${value}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${at} is ${value}`];
  const { items, properties = {} } = schema;
  if (Array.isArray(value))
    return value.flatMap((one, index) => (items ? problemsIn(one, items, root, `${at}[${index}]`) : []));
  if (value === null || typeof value !== "object") return [];
  return [
    ...(schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, one]) => {
      const own = properties[name];
      if (own) return problemsIn(one, own, root, `${at}.${name}`);
      return schema.additionalProperties === false ? [`${at}.${name} is unknown`] : [];
    }),
  ];
}
