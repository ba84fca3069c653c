/** The fields of one object, in the schema's order. */
import { Fieldset, Stack, Switch } from '@mantine/core';
import { useSchemaWords } from '../words';
import { inside } from './context';
import { FieldView } from './FieldView';
import { onNeighbourChanged, shapeFor } from './hints';
import type { Field, ObjectShape } from './schema';
import { blankShape, type Value } from './values';

interface Props {
  shape: ObjectShape;
  value: Value;
  onChange: (value: Value) => void;
  paths: readonly string[];
}

export function ObjectFields({ shape, value, onChange, paths }: Props) {
  return (
    <Stack gap="md">
      {shape.fields.map(({ name, field }) => {
        const drawn = shapeFor(shape.model, name, field, value);
        if (field.readOnly || drawn === null) return null;
        return (
          <FieldView
            key={name}
            name={name}
            field={{ ...field, shape: drawn }}
            value={value[name]}
            paths={inside(paths, name)}
            onChange={(next) => onChange(onNeighbourChanged(shape.model, name, { ...value, [name]: next }))}
          />
        );
      })}
    </Stack>
  );
}

interface GroupProps {
  field: Field;
  shape: ObjectShape;
  value: unknown;
  onChange: (value: unknown) => void;
  paths: readonly string[];
}

/** An object inside an object; one that may be absent has a switch. */
export function ObjectGroup({ field, shape, value, onChange, paths }: GroupProps) {
  const { titled } = useSchemaWords();
  const here = (value ?? null) as Value | null;
  const title = titled(field.title);
  const fields = here && <ObjectFields shape={shape} value={here} onChange={onChange} paths={paths} />;
  if (!field.nullable) return <Fieldset legend={title}>{fields}</Fieldset>;
  const toggle = (
    <Switch
      label={title}
      description={field.description}
      checked={here !== null}
      onChange={(event) => onChange(event.currentTarget.checked ? blankShape(shape) : null)}
    />
  );
  return here ? <Fieldset legend={toggle}>{fields}</Fieldset> : toggle;
}
