/** Scripts of an auto-responder: one for each language and for inside and outside business hours, step by step. */
import { Button, Fieldset, Group, Menu, Paper, Select, Stack, Tabs, Text, Textarea } from '@mantine/core';
import { IconCopy, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { languageName } from '../../i18n/format';
import { useLanguageChoices } from '../../lib/languages';
import { useNamesOf } from '../data';
import { inside, useFieldError } from '../form/context';
import type { FieldProps } from '../form/FieldView';
import { OrderButtons, RemoveButton, Wrong } from '../form/parts';
import { moved } from '../form/values';
import { readScripts, type Script, type Step } from './play';
import classes from './scripts.module.css';

const NEW_SCRIPT: Script = { hours: 'always', language: null, steps: [{ step: 'statement', text: '' }] };

export function ScriptsField({ value, onChange, paths }: FieldProps) {
  const { t } = useTranslation('admin');
  const scripts = readScripts(value);
  const [chosen, setChosen] = useState(0);
  const error = useFieldError(paths);
  const at = Math.min(chosen, scripts.length - 1);
  const script = scripts[at];
  const title = useScriptTitle();

  function add(script: Script) {
    onChange([...scripts, script]);
    setChosen(scripts.length);
  }

  return (
    <Fieldset legend={t('scripts.title')}>
      <Wrong text={error} />
      <Tabs value={String(at)} onChange={(next) => setChosen(Number(next ?? 0))} variant="outline">
        <Group gap="xs" align="flex-end">
          <Tabs.List>
            {scripts.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: scripts have no ids
              <Tabs.Tab key={index} value={String(index)}>
                {title(one)}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Button
            size="compact-sm"
            variant="subtle"
            mb={4}
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => add(NEW_SCRIPT)}
          >
            {t('scripts.add')}
          </Button>
        </Group>
        {script && (
          <Tabs.Panel value={String(at)} pt="sm">
            <ScriptView
              script={script}
              paths={inside(paths, String(at))}
              onChange={(next) => onChange(scripts.with(at, next))}
              onCopy={() => add(structuredClone(script))}
              onRemove={() => onChange(scripts.filter((_, index) => index !== at))}
            />
          </Tabs.Panel>
        )}
      </Tabs>
      {scripts.length === 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {t('scripts.none')}
        </Text>
      )}
    </Fieldset>
  );
}

export function useScriptTitle() {
  const { t } = useTranslation('admin');
  return ({ language, hours }: Script) => {
    const name = language ? languageName(language) : t('scripts.defaultLanguage');
    return hours === 'always' ? name : `${name} · ${t(`scripts.hours.${hours}`)}`;
  };
}

interface ScriptProps {
  script: Script;
  paths: readonly string[];
  onChange: (script: Script) => void;
  onCopy: () => void;
  onRemove: () => void;
}

function ScriptView({ script, paths, onChange, onCopy, onRemove }: ScriptProps) {
  const { t } = useTranslation('admin');
  const languages = useLanguageChoices(script.language ? [script.language] : []);
  const error = useFieldError(inside(paths, 'language', 'hours', 'steps'));
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <Select
          size="xs"
          w={200}
          label={t('scripts.language')}
          placeholder={t('scripts.defaultLanguage')}
          clearable
          searchable
          data={languages}
          value={script.language}
          onChange={(language) => onChange({ ...script, language })}
        />
        <Select
          size="xs"
          w={200}
          label={t('scripts.when')}
          allowDeselect={false}
          data={(['always', 'inside', 'outside'] as const).map((one) => ({
            value: one,
            label: t(`scripts.hours.${one}`),
          }))}
          value={script.hours}
          onChange={(hours) => onChange({ ...script, hours: (hours ?? 'always') as Script['hours'] })}
        />
        <Group gap={4} ml="auto">
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconCopy size={14} aria-hidden />}
            onClick={onCopy}
          >
            {t('scripts.copy')}
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            color="red"
            leftSection={<IconTrash size={14} aria-hidden />}
            onClick={onRemove}
          >
            {t('scripts.remove')}
          </Button>
        </Group>
      </Group>
      <Wrong text={error} />
      <ol className={classes.steps} aria-label={t('scripts.steps')}>
        {script.steps.map((step, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: steps have no ids
          <li key={index}>
            <StepView
              step={step}
              number={index + 1}
              last={index === script.steps.length - 1}
              paths={inside(paths, `steps.${index}`, `steps.${index}.${step.step}`)}
              onChange={(next) => onChange({ ...script, steps: script.steps.with(index, next) })}
              onMove={(by) => onChange({ ...script, steps: moved(script.steps, index, index + by) })}
              onRemove={() => onChange({ ...script, steps: script.steps.filter((_, at) => at !== index) })}
            />
          </li>
        ))}
      </ol>
      <AddStep onAdd={(step) => onChange({ ...script, steps: [...script.steps, step] })} />
    </Stack>
  );
}

const NEW_STEPS: Record<Step['step'], Step> = {
  statement: { step: 'statement', text: '' },
  question: { step: 'question', text: '' },
  attribute: { step: 'attribute', text: '', attribute: '', again: '' },
};

function AddStep({ onAdd }: { onAdd: (step: Step) => void }) {
  const { t } = useTranslation('admin');
  return (
    <Menu position="bottom-start" shadow="md">
      <Menu.Target>
        <Button size="xs" variant="default" w="fit-content" leftSection={<IconPlus size={14} aria-hidden />}>
          {t('scripts.addStep')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(['statement', 'question', 'attribute'] as const).map((kind) => (
          <Menu.Item key={kind} onClick={() => onAdd(NEW_STEPS[kind])}>
            {t(`scripts.kinds.${kind}`)}
            <Text size="xs" c="dimmed">
              {t(`scripts.kindHints.${kind}`)}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface StepProps {
  step: Step;
  number: number;
  last: boolean;
  paths: readonly string[];
  onChange: (step: Step) => void;
  onMove: (by: 1 | -1) => void;
  onRemove: () => void;
}

function StepView({ step, number, last, paths, onChange, onMove, onRemove }: StepProps) {
  const { t } = useTranslation('admin');
  const attributes = useNamesOf('contact-attributes', step.step === 'attribute');
  const error = useFieldError(inside(paths, '', 'text'));
  const attributeError = useFieldError(inside(paths, 'attribute'));
  const name = `${number}. ${t(`scripts.kinds.${step.step}`)}`;
  return (
    <Paper withBorder p="sm" role="group" aria-label={name}>
      <Group justify="space-between" mb={6} wrap="nowrap">
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Group gap={2} wrap="nowrap">
          <OrderButtons name={name} first={number === 1} last={last} onMove={onMove} />
          <RemoveButton name={name} onRemove={onRemove} />
        </Group>
      </Group>
      <Stack gap={8}>
        <Textarea
          size="sm"
          autosize
          minRows={2}
          maxRows={8}
          aria-label={t('scripts.text', { step: name })}
          placeholder={t(step.step === 'statement' ? 'scripts.sayHint' : 'scripts.askHint')}
          error={error}
          value={step.text}
          onChange={(event) => onChange({ ...step, text: event.currentTarget.value })}
        />
        {step.step === 'attribute' && (
          <>
            <Select
              size="xs"
              maw={320}
              searchable
              label={t('scripts.attribute')}
              placeholder={t('scripts.attributeHint')}
              error={attributeError}
              data={attributes.map(({ id, name }) => ({ value: id, label: name }))}
              value={step.attribute || null}
              onChange={(attribute) => onChange({ ...step, attribute: attribute ?? '' })}
            />
            <Textarea
              size="xs"
              autosize
              minRows={1}
              maxRows={6}
              label={t('scripts.again')}
              placeholder={t('scripts.againHint')}
              value={step.again}
              onChange={(event) => onChange({ ...step, again: event.currentTarget.value })}
            />
          </>
        )}
      </Stack>
    </Paper>
  );
}
