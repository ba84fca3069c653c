/** Trying a rule as it stands in the form: on a typed message, and over the last conversations. Nothing is done. */
import {
  Alert,
  Anchor,
  Button,
  Checkbox,
  Group,
  NumberInput,
  Select,
  Stack,
  Tabs,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { IconCheck, IconFlask, IconMinus, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/http';
import { record } from '../../api/wire';
import { said } from '../../i18n/said';
import { useLanguageChoices } from '../../lib/languages';
import { problemText } from '../../lib/problems';
import { useSession } from '../../session/context';
import { SchemaReader } from '../form/schema';
import type { Value } from '../form/values';
import type { InsideProps } from '../pages/extras';
import settings from '../settings.module.css';
import { useSchemaWords } from '../words';
import { type Node, readGroup, type Vocabulary, vocabularyOf } from './conditions';
import { useRuleWords } from './inWords';
import classes from './rules.module.css';
import { type Held, readPreview, type Tried } from './tried';

export function RuleTrial({ value, info }: InsideProps) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const [tab, setTab] = useState<string | null>('sample');
  const trial = useMutation({
    mutationFn: async (on: object) => ({
      rule: value,
      ...readPreview(await call('POST', '/api/rules/preview', { body: { rule: value, ...on } })),
    }),
  });
  const vocabulary = useMemo(() => vocabularyOf(new SchemaReader(info.schema).read()), [info.schema]);
  const results = trial.data?.results ?? [];
  return (
    <section className={settings.trial} aria-label={t('trial.title')}>
      <Stack gap="sm">
        <div>
          <Text size="sm" fw={600}>
            {t('trial.title')}
          </Text>
          <Text size="xs" c="dimmed">
            {t('trial.hint')}
          </Text>
        </div>
        <Tabs
          value={tab}
          onChange={(next) => {
            setTab(next);
            trial.reset();
          }}
        >
          <Tabs.List>
            <Tabs.Tab value="sample">{t('trial.sample')}</Tabs.Tab>
            <Tabs.Tab value="stored">{t('trial.stored')}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="sample" pt="sm">
            <SampleForm pending={trial.isPending} onTry={(sample) => trial.mutate({ sample })} />
          </Tabs.Panel>
          <Tabs.Panel value="stored" pt="sm">
            <StoredForm pending={trial.isPending} onTry={(last) => trial.mutate({ last })} />
          </Tabs.Panel>
        </Tabs>
        <div role="status">
          {trial.isError && (
            <Alert color="red" py={6}>
              {problemText(general, trial.error)}
            </Alert>
          )}
          {trial.data?.warnings.map((warning) => (
            <Alert key={warning} color="yellow" py={6} mb={6}>
              {said(warning)}
            </Alert>
          ))}
          {trial.data && tab === 'sample' && results[0] && (
            <Result tried={results[0]} rule={trial.data.rule} vocabulary={vocabulary} />
          )}
          {trial.data && tab === 'stored' && (
            <Results results={results} rule={trial.data.rule} vocabulary={vocabulary} />
          )}
        </div>
      </Stack>
    </section>
  );
}

function SampleForm({ pending, onTry }: { pending: boolean; onTry: (sample: object) => void }) {
  const { t } = useTranslation('admin');
  const { workspace } = useSession();
  const languages = useLanguageChoices([]);
  const [text, setText] = useState('');
  const [subject, setSubject] = useState('');
  const [channel, setChannel] = useState<string | null>(workspace.channels[0]?.id ?? null);
  const [visibility, setVisibility] = useState('private');
  const [language, setLanguage] = useState<string | null>(null);
  const [first, setFirst] = useState(true);
  const medium = workspace.channels.find(({ id }) => id === channel)?.medium ?? 'webhook';

  function submit() {
    onTry({
      message: { text, subject: subject || null, browser_language: language, first },
      conversation: {
        channel: channel ?? '',
        medium,
        visibility,
        kind: visibility === 'public' ? 'comment' : medium === 'email' ? 'mail' : 'direct',
        language,
        subject: subject || null,
      },
    });
  }

  return (
    <Stack gap="xs">
      <Textarea
        size="xs"
        autosize
        minRows={2}
        maxRows={8}
        label={t('trial.text')}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group gap="xs" align="flex-end">
        <Select
          size="xs"
          w={180}
          label={t('trial.channel')}
          data={workspace.channels.map(({ id, name }) => ({ value: id, label: name }))}
          value={channel}
          onChange={setChannel}
        />
        <Select
          size="xs"
          w={120}
          label={t('trial.visibility')}
          allowDeselect={false}
          data={[
            { value: 'private', label: t('trial.private') },
            { value: 'public', label: t('trial.public') },
          ]}
          value={visibility}
          onChange={(next) => setVisibility(next ?? 'private')}
        />
        <Select
          size="xs"
          w={150}
          clearable
          label={t('trial.language')}
          data={languages}
          value={language}
          onChange={setLanguage}
        />
        <TextInput
          size="xs"
          w={200}
          label={t('trial.subject')}
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
      </Group>
      <Group gap="md">
        <Checkbox
          size="xs"
          label={t('trial.first')}
          checked={first}
          onChange={(event) => setFirst(event.currentTarget.checked)}
        />
        <Button
          size="xs"
          variant="default"
          loading={pending}
          leftSection={<IconFlask size={15} aria-hidden />}
          onClick={submit}
        >
          {t('trial.try')}
        </Button>
      </Group>
    </Stack>
  );
}

function StoredForm({ pending, onTry }: { pending: boolean; onTry: (last: number) => void }) {
  const { t } = useTranslation('admin');
  const [last, setLast] = useState<number | string>(20);
  return (
    <Group gap="xs" align="flex-end">
      <NumberInput
        size="xs"
        w={180}
        min={1}
        max={50}
        allowDecimal={false}
        label={t('trial.last')}
        value={last}
        onChange={setLast}
      />
      <Button
        size="xs"
        variant="default"
        loading={pending}
        disabled={typeof last !== 'number'}
        leftSection={<IconFlask size={15} aria-hidden />}
        onClick={() => onTry(Number(last))}
      >
        {t('trial.try')}
      </Button>
    </Group>
  );
}

interface ResultProps {
  tried: Tried;
  /** As it was when it was tried; the answer mirrors its conditions. */
  rule: Value;
  vocabulary: Vocabulary;
}

function Result({ tried, rule, vocabulary }: ResultProps) {
  const { t } = useTranslation('admin');
  return (
    <Stack gap={6}>
      <Text size="sm" fw={600}>
        {t(tried.matches ? 'trial.matches' : 'trial.matchesNot')}
      </Text>
      {!tried.inScope && <Text size="sm">{t('trial.outOfScope')}</Text>}
      {!tried.onEvent && <Text size="sm">{t('trial.otherEvent')}</Text>}
      <Conditions held={tried.conditions} node={readGroup(rule.conditions)} vocabulary={vocabulary} />
      <Would tried={tried} rule={rule} vocabulary={vocabulary} />
    </Stack>
  );
}

interface ConditionsProps {
  held: Held;
  node: Node;
  vocabulary: Vocabulary;
}

function Conditions({ held, node, vocabulary }: ConditionsProps) {
  const { t } = useTranslation('admin');
  const { condition } = useRuleWords(vocabulary);
  const below = node.test === 'group' ? node.of : [];
  const words = node.test === 'group' && below.length === 0 ? t('rules.matchesAll') : condition(node);
  return (
    <ul className={classes.steps}>
      <li>
        <span className={classes.verdict}>
          {held.held ? (
            <IconCheck
              size={15}
              color="var(--mantine-color-teal-7)"
              role="img"
              aria-label={t('trial.held')}
            />
          ) : (
            <IconX size={15} color="var(--mantine-color-red-7)" role="img" aria-label={t('trial.heldNot')} />
          )}
          <span>{words}</span>
        </span>
        {held.of.length > 0 && (
          <div style={{ paddingLeft: 18 }}>
            {held.of.map((one, index) => {
              const its = below[index];
              // biome-ignore lint/suspicious/noArrayIndexKey: an answer does not change
              return its && <Conditions key={index} held={one} node={its} vocabulary={vocabulary} />;
            })}
          </div>
        )}
      </li>
    </ul>
  );
}

function Would({ tried, rule, vocabulary }: ResultProps) {
  const { t } = useTranslation('admin');
  const { action } = useRuleWords(vocabulary);
  const { valueWord } = useSchemaWords();
  if (!tried.matches) return null;
  const left = new Map(tried.wouldNot);
  const actions = Array.isArray(rule.actions) ? rule.actions.map(record) : [];
  const done = actions.filter(({ act }) => !left.has(String(act)));
  return (
    <div>
      {done.length > 0 && (
        <Text size="sm" fw={550}>
          {t('trial.would')}
        </Text>
      )}
      <ul className={classes.steps}>
        {done.map((one, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an answer does not change
          <li key={index} className={classes.verdict}>
            <IconCheck size={15} aria-hidden />
            {action(one)}
          </li>
        ))}
        {[...left].map(([act, why]) => (
          <li key={act} className={classes.verdict}>
            <IconMinus size={15} role="img" aria-label={t('trial.leftOut')} />
            {`${valueWord('act', act)}: ${said(why)}`}
          </li>
        ))}
      </ul>
    </div>
  );
}

interface ResultsProps extends Omit<ResultProps, 'tried'> {
  results: Tried[];
}

function Results({ results, rule, vocabulary }: ResultsProps) {
  const { t } = useTranslation('admin');
  const matching = results.filter((tried) => tried.matches);
  const first = [...matching, ...results.filter((tried) => !tried.matches)];
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {t('trial.counted', { matching: matching.length, all: results.length })}
      </Text>
      <ul className={settings.history}>
        {first.map((tried, index) => (
          <li key={tried.id ?? index} className={settings.event}>
            {tried.id && (
              <Anchor
                component={Link}
                to={`/c/${tried.id}`}
                size="sm"
                target="_blank"
                style={{ float: 'right' }}
              >
                {t('trial.openConversation', { id: tried.id.slice(0, 8) })}
              </Anchor>
            )}
            <details>
              <summary>{t(tried.matches ? 'trial.matches' : 'trial.matchesNot')}</summary>
              <Result tried={tried} rule={rule} vocabulary={vocabulary} />
            </details>
          </li>
        ))}
      </ul>
    </Stack>
  );
}
