/** The conditions of a rule: groups of all, any or none, with keywords and fields in them, as deep as the model goes. */
import {
  ActionIcon,
  Autocomplete,
  Box,
  Button,
  Checkbox,
  Menu,
  MultiSelect,
  NumberInput,
  SegmentedControl,
  Select,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Stored } from '../../api/types';
import { languageName } from '../../i18n/format';
import { useNamesOf, useObjects } from '../data';
import { inside, useFieldError } from '../form/context';
import type { FieldProps } from '../form/FieldView';
import { useSchemaWords } from '../words';
import {
  countNodes,
  type FieldNode,
  fitting,
  type GroupNode,
  inputFor,
  type KeywordsNode,
  NEW_KEYWORDS,
  type Node,
  newGroup,
  operatorsFor,
  readGroup,
  typeOf,
  type Vocabulary,
  vocabularyOf,
  withAttribute,
  withField,
  withOperator,
} from './conditions';
import classes from './rules.module.css';

interface NodeProps<N extends Node> {
  node: N;
  onChange: (node: Node) => void;
  paths: readonly string[];
  vocabulary: Vocabulary;
  /** Of the root is 1. */
  level: number;
  full: boolean;
}

export function ConditionsField({ field, value, onChange, paths }: FieldProps) {
  const { t } = useTranslation('admin');
  const vocabulary = useMemo(() => vocabularyOf(field.shape), [field.shape]);
  const root = readGroup(value);
  const error = useFieldError(paths);
  return (
    <fieldset className={classes.conditions}>
      <legend>{t('rules.conditions')}</legend>
      {error && (
        <Text size="sm" c="red" role="alert">
          {error}
        </Text>
      )}
      {root.of.length === 0 && (
        <Text size="sm" c="orange.8" className={classes.warning ?? ''}>
          {t('rules.matchesAll')}
        </Text>
      )}
      <GroupView
        node={root}
        onChange={onChange}
        paths={paths}
        vocabulary={vocabulary}
        level={1}
        full={countNodes(root) >= vocabulary.nodes}
      />
    </fieldset>
  );
}

function NodeView({ node, ...rest }: NodeProps<Node>) {
  switch (node.test) {
    case 'group':
      return <GroupView node={node} {...rest} />;
    case 'keywords':
      return <KeywordsView node={node} {...rest} />;
    default:
      return <FieldConditionView node={node} {...rest} />;
  }
}

function GroupView({ node, onChange, paths, vocabulary, level, full }: NodeProps<GroupNode>) {
  const { t } = useTranslation('admin');
  const add = (below: Node) => onChange({ ...node, of: [...node.of, below] });
  return (
    <div className={classes.group} data-join={node.join}>
      {(node.of.length > 1 || level > 1 || node.join !== 'all') && (
        <SegmentedControl
          size="xs"
          style={{ alignSelf: 'flex-start' }}
          aria-label={t('rules.join')}
          value={node.join}
          onChange={(join) => onChange({ ...node, join: join as GroupNode['join'] })}
          data={(['all', 'any', 'none'] as const).map((join) => ({
            value: join,
            label: t(`rules.joins.${join}`),
          }))}
        />
      )}
      {node.of.map((below, index) => (
        <Box
          // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no ids; their place names them
          key={index}
          className={classes.node ?? ''}
          role="group"
          aria-label={t('rules.condition', { number: index + 1 })}
        >
          <div className={classes.body}>
            <NodeView
              node={below}
              vocabulary={vocabulary}
              level={level + 1}
              full={full}
              paths={inside(paths, `of.${index}`, `of.${index}.${below.test}`)}
              onChange={(next) => onChange({ ...node, of: node.of.with(index, next) })}
            />
          </div>
          <ActionIcon
            variant="subtle"
            color="red"
            aria-label={t('rules.removeCondition', { number: index + 1 })}
            onClick={() => onChange({ ...node, of: node.of.filter((_, at) => at !== index) })}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Box>
      ))}
      <Menu position="bottom-start" shadow="md" disabled={full}>
        <Menu.Target>
          <Button
            size="compact-sm"
            variant="default"
            w="fit-content"
            disabled={full}
            leftSection={<IconPlus size={14} aria-hidden />}
          >
            {level === 1 ? t('rules.addCondition') : t('rules.addToGroup')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => add(NEW_KEYWORDS)}>{t('rules.addKeywords')}</Menu.Item>
          <Menu.Item onClick={() => add(withField(vocabulary, 'channel'))}>{t('rules.addField')}</Menu.Item>
          {level < vocabulary.levels - 1 && (
            <Menu.Item onClick={() => add(newGroup(node))}>{t('rules.addGroup')}</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}

function KeywordsView({ node, onChange, paths }: NodeProps<KeywordsNode>) {
  const { t } = useTranslation('admin');
  const error = useFieldError(inside(paths, '', 'keywords'));
  return (
    <div className={classes.fields}>
      <Select
        size="xs"
        w={150}
        aria-label={t('rules.about')}
        allowDeselect={false}
        data={[
          { value: 'text', label: t('rules.inText') },
          { value: 'subject', label: t('rules.inSubject') },
        ]}
        value={node.about}
        onChange={(about) => onChange({ ...node, about: about === 'subject' ? 'subject' : 'text' })}
      />
      <Select
        size="xs"
        w={170}
        aria-label={t('rules.operator')}
        allowDeselect={false}
        data={[
          { value: 'any_of', label: t('rules.containsAny') },
          { value: 'all_of', label: t('rules.containsAll') },
        ]}
        value={node.match}
        onChange={(match) => onChange({ ...node, match: match === 'all_of' ? 'all_of' : 'any_of' })}
      />
      <Textarea
        size="xs"
        className={classes.grow ?? ''}
        autosize
        minRows={1}
        maxRows={8}
        aria-label={t('rules.keywords')}
        placeholder={t('rules.keywordsHint')}
        error={error}
        value={node.keywords}
        onChange={(event) => onChange({ ...node, keywords: event.currentTarget.value })}
      />
      <Checkbox
        size="xs"
        label={t('rules.ignoreAccents')}
        checked={node.ignore_accents}
        onChange={(event) => onChange({ ...node, ignore_accents: event.currentTarget.checked })}
      />
    </div>
  );
}

function FieldConditionView({ node, onChange, paths, vocabulary }: NodeProps<FieldNode>) {
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
  onChange: (node: Node) => void;
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

const LANGUAGES = ['en', 'es', 'de', 'fr', 'pt', 'it', 'ca', 'nl', 'pl', 'tr', 'ar', 'zh', 'ja', 'ru', 'uk'];

function Words({ node, value, onChange }: ManyProps) {
  const { t } = useTranslation('admin');
  if (node.field === 'language' || node.field === 'browser_language')
    return (
      <MultiSelect
        size="xs"
        className={classes.grow ?? ''}
        aria-label={t('rules.value')}
        searchable
        hidePickedOptions
        data={[...new Set([...LANGUAGES, ...value])].map((code) => ({
          value: code,
          label: languageName(code),
        }))}
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
