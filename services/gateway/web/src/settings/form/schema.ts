/** Reads a resource's JSON schema into fields that a form can be drawn from. */
import { record, type Wire } from '../../api/wire';

export type Shape =
  | { kind: 'text'; format: string | null; multiline: boolean; secret: boolean; maxLength: number | null }
  | { kind: 'number'; integer: boolean; minimum: number | null; maximum: number | null; unit: string | null }
  | { kind: 'boolean' }
  | { kind: 'choice'; values: string[] }
  | { kind: 'choices'; values: string[] }
  | { kind: 'reference'; resource: string }
  | { kind: 'references'; resource: string }
  | { kind: 'words'; of: 'words' | 'shifts' | 'dates' }
  | { kind: 'numbers' }
  | { kind: 'list'; item: Field; minimum: number }
  | ObjectShape
  | { kind: 'union'; key: string; variants: { value: string; shape: ObjectShape }[] }
  | { kind: 'map'; value: Field };

export interface ObjectShape {
  kind: 'object';
  /** Name of the model in the schema, for hints the schema does not carry. */
  model: string;
  fields: { name: string; field: Field }[];
  /** What each value of this shape holds besides (the discriminator of a union). */
  constants: Record<string, unknown>;
  /** What the schema says besides about a condition of a rule: fields, operators, values. */
  vocabulary?: Wire;
}

export interface Field {
  title: string;
  description: string;
  nullable: boolean;
  required: boolean;
  readOnly: boolean;
  /** Undefined where the schema names no default. */
  initial: unknown;
  shape: Shape;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function capitalised(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function numberOr(value: unknown): number | null {
  return typeof value === 'number' ? value : null;
}

export class SchemaReader {
  private readonly definitions: Wire;
  /** Models met before: a model that holds itself (conditions in groups of conditions) is one shape with a circle. */
  private readonly models = new Map<string, ObjectShape>();

  constructor(private readonly schema: Wire) {
    this.definitions = record(schema.$defs);
  }

  read(): ObjectShape {
    return this.object(this.schema);
  }

  private resolved(schema: Wire): Wire {
    const name = text(schema.$ref).replace('#/$defs/', '');
    if (!name) return schema;
    const { $ref: _, ...beside } = schema;
    return { ...this.resolved(record(this.definitions[name])), ...beside, model: name };
  }

  private object(schema: Wire): ObjectShape {
    const model = text(schema.model) || text(schema.title);
    const known = text(schema.model) ? this.models.get(model) : undefined;
    if (known) return known;
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const shape: ObjectShape = {
      kind: 'object',
      model,
      fields: [],
      constants: {},
    };
    if (schema.vocabulary) shape.vocabulary = record(schema.vocabulary);
    if (text(schema.model)) this.models.set(model, shape);
    for (const [name, value] of Object.entries(record(schema.properties))) {
      const property = record(value);
      if ('const' in property) shape.constants[name] = property.const;
      else {
        const field = this.field(property, required.has(name));
        shape.fields.push({ name, field: { ...field, title: field.title || capitalised(name) } });
      }
    }
    return shape;
  }

  field(given: Wire, required: boolean): Field {
    const outer = this.resolved(given);
    const choices = Array.isArray(outer.anyOf) ? outer.anyOf.map((one) => this.resolved(record(one))) : [];
    const nullable = choices.some((one) => one.type === 'null');
    const real = choices.filter((one) => one.type !== 'null');
    const inner = real.length > 0 ? { ...real[0], ...without(outer, 'anyOf') } : outer;
    return {
      title: text(given.title) || text(outer.title),
      description: text(given.description) || (given.$ref || nullable ? '' : text(outer.description)),
      nullable,
      required: required && !nullable,
      readOnly: outer.readOnly === true,
      initial: given.default,
      shape: this.shape(inner, real.length > 1),
    };
  }

  private shape(schema: Wire, isMixed: boolean): Shape {
    if (Array.isArray(schema.oneOf)) return this.union(schema);
    if (Array.isArray(schema.enum)) return { kind: 'choice', values: schema.enum.map(String) };
    if (typeof schema.resource === 'string' && schema.type === 'string')
      return { kind: 'reference', resource: schema.resource };
    switch (isMixed ? 'string' : schema.type) {
      case 'boolean':
        return { kind: 'boolean' };
      case 'integer':
      case 'number':
        return {
          kind: 'number',
          integer: schema.type === 'integer',
          minimum: numberOr(schema.minimum),
          maximum: numberOr(schema.maximum),
          unit: text(schema.unit) || null,
        };
      case 'array':
        return this.list(schema);
      case 'object':
        return schema.properties
          ? this.object(schema)
          : { kind: 'map', value: this.field(record(schema.additionalProperties), false) };
      default:
        return this.text(schema);
    }
  }

  private text(schema: Wire): Shape {
    const colour = text(schema.pattern).startsWith('^#[0-9a-fA-F]');
    return {
      kind: 'text',
      format: colour ? 'colour' : text(schema.format) || null,
      multiline: schema.multiline === true,
      secret: schema.secret === true,
      maxLength: numberOr(schema.maxLength),
    };
  }

  private list(schema: Wire): Shape {
    const items = this.resolved(record(schema.items));
    if (typeof schema.resource === 'string') return { kind: 'references', resource: schema.resource };
    if (Array.isArray(items.enum)) return { kind: 'choices', values: items.enum.map(String) };
    if (items.type === 'integer') return { kind: 'numbers' };
    if (items.type === 'string') {
      const of = items.format === 'date' ? 'dates' : items.pattern ? 'shifts' : 'words';
      return { kind: 'words', of };
    }
    return {
      kind: 'list',
      item: this.field(record(schema.items), true),
      minimum: numberOr(schema.minItems) ?? 0,
    };
  }

  private union(schema: Wire): Shape {
    const discriminator = record(schema.discriminator);
    const key = text(discriminator.propertyName);
    const variants = Object.entries(record(discriminator.mapping)).map(([value, reference]) => ({
      value,
      shape: this.object(this.resolved({ $ref: reference })),
    }));
    return { kind: 'union', key, variants };
  }
}

function without(schema: Wire, name: string): Wire {
  const { [name]: _, ...rest } = schema;
  return rest;
}

/** Titles of the fields along a dotted path; numbers of items and kinds of unions name no field. */
export function titlesAt(shape: ObjectShape, path: string): string[] {
  const titles: string[] = [];
  let here: Shape = shape;
  for (const part of path.split('.')) {
    const objects: ObjectShape[] =
      here.kind === 'object' ? [here] : here.kind === 'union' ? here.variants.map(({ shape: of }) => of) : [];
    const found = objects.flatMap(({ fields }) => fields).find(({ name }) => name === part)?.field;
    if (found) {
      titles.push(found.title);
      here = found.shape.kind === 'list' ? found.shape.item.shape : found.shape;
    }
  }
  return titles;
}
