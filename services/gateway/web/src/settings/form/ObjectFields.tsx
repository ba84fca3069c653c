/** The fields of one object, in the schema's order. */
import { Fieldset, Stack, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from '../settings.module.css';
import { useSchemaWords } from '../words';
import { inside, useForm } from './context';
import { EDITORS, GUIDES } from './editors';
import { FieldView } from './FieldView';
import { onNeighbourChanged, shapeFor } from './hints';
import type { Field, ObjectShape } from './schema';
import { type FieldSection, SECTIONS } from './sections';
import { blankShape, type Value } from './values';

interface Props {
  shape: ObjectShape;
  value: Value;
  onChange: (value: Value) => void;
  paths: readonly string[];
}

export function ObjectFields(props: Props) {
  const { shape, value, onChange } = props;
  const Guide = GUIDES[shape.model];
  const sections = SECTIONS[shape.model] ?? [];
  const placed = new Set<string>(sections.flatMap(({ fields }) => fields));
  const names = shape.fields.map(({ name }) => name);
  return (
    <Stack gap="md">
      {Guide && <Guide value={value} onChange={onChange} />}
      <Fields {...props} names={names.filter((name) => !placed.has(name))} />
      {sections.map((section) => (
        <Section key={section.title} section={section} {...props} />
      ))}
    </Stack>
  );
}

/** Fields that belong together; rarely needed ones are folded until an error names one of them. */
function Section({ section, ...props }: Props & { section: FieldSection }) {
  const { t } = useTranslation('admin');
  const { errors } = useForm();
  const { shape, value, paths } = props;
  const shown = section.fields.filter((name) => {
    const found = shape.fields.find((one) => one.name === name);
    return found && !found.field.readOnly && shapeFor(shape.model, name, found.field, value) !== null;
  });
  if (shown.length === 0) return null;
  const fields = (
    <Stack gap="md">
      <Fields {...props} names={shown} />
    </Stack>
  );
  const title = t(`sections.${section.title}`);
  if (!section.folded) return <Fieldset legend={title}>{fields}</Fieldset>;
  const named = inside(paths, ...section.fields);
  const wrong = errors.some(({ field }) =>
    named.some((path) => field === path || field.startsWith(`${path}.`)),
  );
  return (
    <details className={classes.folded} open={wrong || undefined}>
      <summary>{title}</summary>
      {fields}
    </details>
  );
}

function Fields({ shape, value, onChange, paths, names }: Props & { names: readonly string[] }) {
  return (
    <>
      {names.map((name) => {
        const field = shape.fields.find((one) => one.name === name)?.field;
        if (!field) return null;
        const drawn = shapeFor(shape.model, name, field, value);
        if (field.readOnly || drawn === null) return null;
        const View = EDITORS[`${shape.model}.${name}`] ?? FieldView;
        return (
          <View
            key={name}
            name={name}
            field={{ ...field, shape: drawn }}
            value={value[name]}
            paths={inside(paths, name)}
            onChange={(next) => onChange(onNeighbourChanged(shape.model, name, { ...value, [name]: next }))}
          />
        );
      })}
    </>
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
      description={field.description ? titled(field.description) : undefined}
      checked={here !== null}
      onChange={(event) => onChange(event.currentTarget.checked ? blankShape(shape) : null)}
    />
  );
  return here ? <Fieldset legend={toggle}>{fields}</Fieldset> : toggle;
}
