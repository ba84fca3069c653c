/** One condition over a field: which, how it is compared, with what; each kind of value has its own input. */
import { Autocomplete, MultiSelect, NumberInput, Select, TagsInput, Text, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Stored } from '../../api/types';
import { useLanguageChoices } from '../../lib/languages';
import { useNamesOf, useObjects } from '../data';
import { inside, useFieldError } from '../form/context';
import { useSchemaWords } from '../words';
import {
  type FieldNode,
  fitting,
  inputFor,
  operatorsFor,
  typeOf,
  type Vocabulary,
  withAttribute,
  withField,
  withOperator,
} from './conditions';
import classes from './rules.module.css';

interface ViewProps {
  node: FieldNode;
  onChange: (node: FieldNode) => void;
  paths: readonly string[];
  vocabulary: Vocabulary;
}

export function FieldCondition({ node, onChange, paths, vocabulary }: ViewProps) {
  const { t } = useTranslation('admin');
  const { titled, valueWord } = useSchemaWords();
  const error = useFieldError(inside(paths, '', 'field', 'operator', 'value', 'attribute'));
  const attributes = useObjects('contact-attributes', node.field === 'contact_attribute').data ?? [];
  const attributeType = attributeTypeOf(attributes, node.attribute);
  const type = typeOf(vocabulary, node, attributeType);
  const known = operatorsFor(vocabulary, type);
  const operators = known.includes(node.operator) ? known : [node.operator, ...known];
  return (
    <div className={classes.fields}>
      <Select
        size="xs"
        w={210}
        searchable
        aria-label={t('rules.field')}
        allowDeselect={false}
        data={vocabulary.fields.map(({ name, title }) => ({ value: name, label: titled(title) }))}
        value={node.field}
        onChange={(field) => field && field !== node.field && onChange(withField(vocabulary, field))}
      />
      {node.field === 'contact_attribute' && (
        <Autocomplete
          size="xs"
          w={170}
          aria-label={t('rules.attribute')}
          placeholder={t('rules.attribute')}
          data={attributes.map(({ value }) => String(value.name ?? ''))}
          value={node.attribute}
          onChange={(name) =>
            onChange(withAttribute(vocabulary, node, name, attributeTypeOf(attributes, name)))
          }
        />
      )}
      <Select
        size="xs"
        w={170}
        aria-label={t('rules.operator')}
        allowDeselect={false}
        data={operators.map((one) => ({ value: one, label: valueWord('operator', one) }))}
        value={node.operator}
        onChange={(operator) => operator && onChange(withOperator(vocabulary, type, node, operator))}
      />
      <ValueView node={node} type={type} vocabulary={vocabulary} onChange={onChange} />
      {error && (
        <Text size="xs" c="red" role="alert" w="100%">
          {error}
        </Text>
      )}
    </div>
  );
}

/** Attributes go by name; one that only a network gives has no definition and counts as text. */
function attributeTypeOf(attributes: readonly Stored[], name: string): string {
  return String(attributes.find(({ value }) => value.name === name)?.value.type ?? 'text');
}

interface ValueProps {
  node: FieldNode;
  type: string;
  vocabulary: Vocabulary;
  onChange: (node: FieldNode) => void;
}

function ValueView({ node, type, vocabulary, onChange }: ValueProps) {
  const { t } = useTranslation('admin');
  const input = inputFor(vocabulary, type, node.operator);
  const value = fitting(input, node.value);
  const set = (next: FieldNode['value']) => onChange({ ...node, value: next });
  const common = { size: 'xs', 'aria-label': t('rules.value') } as const;
  const known = vocabulary.fields.find(({ name }) => name === node.field);
  switch (input) {
    case 'none':
      return null;
    case 'number':
      return (
        <NumberInput
          {...common}
          w={120}
          suffix={node.operator === 'in_the_last' ? ` ${t('rules.days')}` : ''}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => set(typeof next === 'number' ? next : null)}
        />
      );
    case 'flag':
      return (
        <Select
          {...common}
          w={110}
          allowDeselect={false}
          data={[
            { value: 'true', label: t('rules.yes') },
            { value: 'false', label: t('rules.no') },
          ]}
          value={String(value)}
          onChange={(next) => set(next === 'true')}
        />
      );
    case 'time':
    case 'date':
      return (
        <TextInput
          {...common}
          type={input}
          w={150}
          value={String(value)}
          onChange={(event) => set(event.currentTarget.value)}
        />
      );
    case 'pattern':
      return (
        <TextInput
          {...common}
          className={classes.grow ?? ''}
          placeholder={t('rules.patternHint')}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          value={String(value)}
          onChange={(event) => set(event.currentTarget.value)}
        />
      );
    default:
      if (known?.choices || known?.resource)
        return <Chosen node={node} known={known} value={value as string[]} onChange={set} />;
      return <Words node={node} value={value as string[]} onChange={set} />;
  }
}

interface ManyProps {
  node: FieldNode;
  value: string[];
  onChange: (value: string[]) => void;
}

/** Values with a name: those of a closed list, or objects of the settings. */
function Chosen({ node, known, value, onChange }: ManyProps & { known: Vocabulary['fields'][number] }) {
  const { t } = useTranslation('admin');
  const { valueWord } = useSchemaWords();
  const objects = useNamesOf(known.resource ?? '', known.resource !== null);
  const scripted = useNamesOf('auto-responders', node.field === 'owner');
  const connected = useNamesOf('virtual-agents', node.field === 'owner');
  const data = known.choices
    ? known.choices.map((one) => ({ value: one, label: valueWord(node.field, one) }))
    : [
        ...objects.map(({ id, name }) => ({ value: id, label: name })),
        ...[...scripted, ...connected].map(({ id, name }) => ({ value: id, label: `${name} VA` })),
      ];
  const missing = value.filter((id) => !data.some((one) => one.value === id));
  return (
    <MultiSelect
      size="xs"
      className={classes.grow ?? ''}
      aria-label={t('rules.value')}
      placeholder={value.length ? '' : t('rules.anyOf')}
      searchable
      hidePickedOptions
      data={[...data, ...missing.map((id) => ({ value: id, label: id }))]}
      value={value}
      onChange={onChange}
    />
  );
}

function Words({ node, value, onChange }: ManyProps) {
  const { t } = useTranslation('admin');
  const languages = useLanguageChoices(value);
  if (node.field === 'language' || node.field === 'browser_language')
    return (
      <MultiSelect
        size="xs"
        className={classes.grow ?? ''}
        aria-label={t('rules.value')}
        searchable
        hidePickedOptions
        data={languages}
        value={value}
        onChange={onChange}
      />
    );
  return (
    <TagsInput
      size="xs"
      className={classes.grow ?? ''}
      aria-label={t('rules.value')}
      placeholder={value.length ? '' : t('rules.wordsHint')}
      acceptValueOnBlur
      splitChars={[',']}
      value={value}
      onChange={onChange}
    />
  );
}
