/** Draws one field of a settings form by its shape. */
import {
  Checkbox,
  ColorInput,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Switch,
  TagsInput,
  Textarea,
  TextInput,
} from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { LANGUAGES } from '../../i18n';
import { useNamesOf } from '../data';
import { useSchemaWords } from '../words';
import { useFieldError } from './context';
import { DurationField } from './DurationField';
import { ListField, MapField, UnionField } from './Groups';
import { ObjectGroup } from './ObjectFields';
import { SecretField } from './SecretField';
import type { Field, Shape } from './schema';

export interface FieldProps<S extends Shape = Shape> {
  name: string;
  field: Field & { shape: S };
  value: unknown;
  onChange: (value: unknown) => void;
  paths: readonly string[];
}

function as<S extends Shape>(props: FieldProps, shape: S): FieldProps<S> {
  return { ...props, field: { ...props.field, shape } };
}

export function FieldView(props: FieldProps) {
  const { field, value, onChange, paths } = props;
  const { shape } = field;
  switch (shape.kind) {
    case 'boolean':
      return <BooleanField {...props} />;
    case 'number':
      return shape.unit === 's' ? (
        <DurationField {...as(props, shape)} />
      ) : (
        <NumberField {...as(props, shape)} />
      );
    case 'choice':
      return <ChoiceField {...as(props, shape)} />;
    case 'choices':
      return <ChoicesField {...as(props, shape)} />;
    case 'reference':
      return <ReferenceField {...as(props, shape)} />;
    case 'references':
      return <ReferencesField {...as(props, shape)} />;
    case 'words':
      return <WordsField {...as(props, shape)} />;
    case 'numbers':
      return <NumbersField {...as(props, shape)} />;
    case 'list':
      return <ListField {...as(props, shape)} />;
    case 'union':
      return <UnionField {...as(props, shape)} />;
    case 'map':
      return <MapField {...as(props, shape)} />;
    case 'object':
      return <ObjectGroup field={field} shape={shape} value={value} onChange={onChange} paths={paths} />;
    default:
      return shape.secret ? <SecretField {...as(props, shape)} /> : <TextField {...as(props, shape)} />;
  }
}

/** Label, help and error of a field, for Mantine's inputs. */
export function useCommon({ field, paths }: Pick<FieldProps, 'field' | 'paths'>) {
  const { titled } = useSchemaWords();
  return {
    label: titled(field.title),
    description: field.description ? titled(field.description) : undefined,
    error: useFieldError(paths),
    required: field.required,
  };
}

function BooleanField(props: FieldProps) {
  const { required: _, ...common } = useCommon(props);
  return (
    <Switch
      {...common}
      checked={props.value === true}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
  );
}

function NumberField(props: FieldProps<Extract<Shape, { kind: 'number' }>>) {
  const { t } = useTranslation();
  const common = useCommon(props);
  const { minimum, maximum, integer, unit } = props.field.shape;
  const words = t(`settings.form.units.${(unit ?? 'min') as 'min'}`);
  return (
    <NumberInput
      {...common}
      maw={260}
      min={minimum ?? undefined}
      max={maximum ?? undefined}
      allowDecimal={!integer}
      suffix={unit ? ` ${words}` : undefined}
      placeholder={props.field.nullable ? t('settings.form.notSet') : undefined}
      value={typeof props.value === 'number' ? props.value : ''}
      onChange={(next) => props.onChange(typeof next === 'number' ? next : null)}
    />
  );
}

function ChoiceField(props: FieldProps<Extract<Shape, { kind: 'choice' }>>) {
  const { t } = useTranslation();
  const { valueWord } = useSchemaWords();
  const { field, name, value, onChange } = props;
  return (
    <Select
      {...useCommon(props)}
      maw={420}
      allowDeselect={field.nullable}
      clearable={field.nullable}
      placeholder={field.nullable ? t('settings.form.notSet') : t('settings.form.choose')}
      data={field.shape.values.map((one) => ({ value: one, label: valueWord(name, one) }))}
      value={typeof value === 'string' ? value : null}
      onChange={onChange}
    />
  );
}

function ChoicesField(props: FieldProps<Extract<Shape, { kind: 'choices' }>>) {
  const { valueWord } = useSchemaWords();
  const { required: _, ...common } = useCommon(props);
  const { field, name, value, onChange } = props;
  return (
    <Checkbox.Group {...common} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange}>
      <Group mt={6}>
        {field.shape.values.map((one) => (
          <Checkbox key={one} value={one} label={valueWord(name, one)} />
        ))}
      </Group>
    </Checkbox.Group>
  );
}

/** Objects by name; an id that names nothing any more is shown as deleted, not dropped. */
function useChoices(resource: string, chosen: readonly string[]) {
  const { t } = useTranslation();
  const objects = useNamesOf(resource);
  const known = new Set(objects.map(({ id }) => id));
  const missing = chosen.filter((id) => id && !known.has(id));
  return [
    ...objects.map(({ id, name }) => ({ value: id, label: name })),
    ...missing.map((id) => ({
      value: id,
      label: t('settings.form.deletedReference', { id: id.slice(0, 8) }),
    })),
  ];
}

function ReferenceField(props: FieldProps<Extract<Shape, { kind: 'reference' }>>) {
  const { t } = useTranslation();
  const { field, value, onChange } = props;
  const chosen = typeof value === 'string' && value ? value : null;
  return (
    <Select
      {...useCommon(props)}
      maw={420}
      searchable
      clearable={field.nullable}
      allowDeselect={field.nullable}
      placeholder={field.nullable ? t('settings.form.notSet') : t('settings.form.choose')}
      data={useChoices(field.shape.resource, chosen ? [chosen] : [])}
      value={chosen}
      onChange={onChange}
    />
  );
}

function ReferencesField(props: FieldProps<Extract<Shape, { kind: 'references' }>>) {
  const { t } = useTranslation();
  const chosen = Array.isArray(props.value) ? props.value.map(String) : [];
  return (
    <MultiSelect
      {...useCommon(props)}
      maw={560}
      searchable
      clearable
      hidePickedOptions
      placeholder={chosen.length ? undefined : t('settings.form.choose')}
      data={useChoices(props.field.shape.resource, chosen)}
      value={chosen}
      onChange={props.onChange}
    />
  );
}

function WordsField(props: FieldProps<Extract<Shape, { kind: 'words' }>>) {
  const { t } = useTranslation();
  const { field, value, onChange } = props;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  return (
    <TagsInput
      {...useCommon(props)}
      maw={560}
      clearable
      acceptValueOnBlur
      splitChars={field.shape.of === 'words' ? [','] : [',', ' ']}
      placeholder={chosen.length ? undefined : t(`settings.form.${field.shape.of}`)}
      value={chosen}
      onChange={onChange}
    />
  );
}

function NumbersField(props: FieldProps<Extract<Shape, { kind: 'numbers' }>>) {
  const { t } = useTranslation();
  const chosen = Array.isArray(props.value) ? props.value.map(String) : [];
  return (
    <TagsInput
      {...useCommon(props)}
      maw={420}
      acceptValueOnBlur
      splitChars={[',', ' ']}
      placeholder={chosen.length ? undefined : t('settings.form.numbers')}
      value={chosen}
      onChange={(next) => props.onChange(next.filter((one) => /^\d+$/.test(one)).map(Number))}
    />
  );
}

function TextField(props: FieldProps<Extract<Shape, { kind: 'text' }>>) {
  const { t } = useTranslation();
  const common = useCommon(props);
  const { field, name, value, onChange } = props;
  const { format, multiline, maxLength } = field.shape;
  const held = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const take = (text: string) => onChange(text === '' && field.nullable ? null : text);
  const limits = maxLength === null ? {} : { maxLength };
  if (format === 'colour')
    return <ColorInput {...common} withEyeDropper={false} maw={260} value={held} onChange={take} />;
  if (name === 'language' && field.title.includes('page'))
    return (
      <Select
        {...common}
        maw={260}
        allowDeselect={false}
        data={Object.entries(LANGUAGES).map(([code, label]) => ({ value: code, label }))}
        value={held}
        onChange={onChange}
      />
    );
  if (multiline)
    return (
      <Textarea
        {...common}
        {...limits}
        maw={560}
        autosize
        minRows={2}
        maxRows={10}
        value={held}
        onChange={(event) => take(event.currentTarget.value)}
      />
    );
  const type = format === 'email' ? 'email' : format === 'uri' ? 'url' : format === 'date' ? 'date' : 'text';
  return (
    <TextInput
      {...common}
      {...limits}
      type={type}
      maw={560}
      placeholder={
        name === 'zone' ? t('settings.form.zone') : field.nullable ? t('settings.form.notSet') : undefined
      }
      value={held}
      onChange={(event) => take(event.currentTarget.value)}
    />
  );
}
