/** The conditions of a rule: groups of all, any or none, with keywords and fields in them, as deep as the model goes. */
import {
  Box,
  Button,
  Checkbox,
  Fieldset,
  Menu,
  SegmentedControl,
  Select,
  Text,
  Textarea,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { inside, useFieldError } from '../form/context';
import type { FieldProps } from '../form/FieldView';
import { RemoveButton, Wrong } from '../form/parts';
import {
  countNodes,
  type GroupNode,
  type KeywordsNode,
  NEW_KEYWORDS,
  type Node,
  newGroup,
  readGroup,
  type Vocabulary,
  vocabularyOf,
  withField,
} from './conditions';
import { FieldCondition } from './FieldCondition';
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
    <Fieldset legend={t('rules.conditions')}>
      <Wrong text={error} />
      {root.of.length === 0 && (
        <Text size="sm" className={classes.warning ?? ''}>
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
    </Fieldset>
  );
}

function NodeView({ node, ...rest }: NodeProps<Node>) {
  switch (node.test) {
    case 'group':
      return <GroupView node={node} {...rest} />;
    case 'keywords':
      return <KeywordsView node={node} {...rest} />;
    default:
      return <FieldCondition node={node} {...rest} />;
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
          <RemoveButton
            name={t('rules.condition', { number: index + 1 })}
            label={t('rules.removeCondition', { number: index + 1 })}
            onRemove={() => onChange({ ...node, of: node.of.filter((_, at) => at !== index) })}
          />
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
