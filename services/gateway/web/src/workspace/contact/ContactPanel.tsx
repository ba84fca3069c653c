/** The contact tab: who writes to us, what is known, other conversations. */
import { ActionIcon, Badge, Group, MultiSelect, Select, Skeleton, Stack, Switch, Text } from '@mantine/core';
import { IconChevronLeft, IconX } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { call } from '../../api/http';
import { useContactRows, useDetail } from '../../api/queries';
import type { AttributeValue, Contact, Detail, Row, Thread } from '../../api/types';
import * as wire from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { shortDuration } from '../../i18n/format';
import { useNow } from '../../lib/clock';
import { useLanguageChoices } from '../../lib/languages';
import { toastProblem } from '../../lib/toast';
import { type Names, rightsOf, useNames, useSession } from '../../session/context';
import { MediumIcon } from '../MediumIcon';
import { statusWord } from '../words';
import { AttributeField } from './AttributeField';
import classes from './contact.module.css';
import { MuteButton } from './MuteButton';
import { WriteFirst } from './WriteFirst';

interface Change {
  name?: string;
  attributes?: Record<string, AttributeValue>;
  clear?: string[];
  labels?: string[];
  language?: string;
  clear_language?: boolean;
  vip?: boolean;
}

export function ContactPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const detail = useDetail(id);
  const read = useContactRows(detail.data?.row.contact ?? null);
  const contact = read.data?.contact ?? detail.data?.contact ?? null;
  return (
    <>
      <div className={classes.head}>
        <ActionIcon
          variant="subtle"
          color="gray"
          hiddenFrom="sm"
          aria-label={t('conversation.label')}
          onClick={onClose}
        >
          <IconChevronLeft size={22} aria-hidden />
        </ActionIcon>
        <Text fw={650} component="h2" size="sm" flex={1}>
          {t('conversation.contactTab')}
        </Text>
        <ActionIcon
          variant="subtle"
          color="gray"
          visibleFrom="sm"
          aria-label={t('conversation.hideContact')}
          onClick={onClose}
        >
          <IconX size={18} aria-hidden />
        </ActionIcon>
      </div>
      {contact && detail.data ? (
        <Card
          detail={detail.data}
          contact={contact}
          others={read.data?.conversations.filter((row) => row.id !== id) ?? null}
          threads={read.data?.threads ?? []}
        />
      ) : read.isError ? (
        <Failure title={t('contact.failed')} error={read.error} retry={() => void read.refetch()} />
      ) : (
        <Stack p="md" role="status" aria-label={t('app.loading')}>
          <Skeleton h={20} w="60%" />
          <Skeleton h={60} />
          <Skeleton h={60} />
        </Stack>
      )}
    </>
  );
}

function useChange(contact: Contact) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Change) =>
      wire.contactRead(await call('PATCH', `/api/contacts/${contact.id}`, { body })),
    onSuccess: (read) => {
      client.setQueryData(['contact', contact.id], read);
      client.setQueriesData<Detail>({ queryKey: ['detail'] }, (detail) =>
        detail?.row.contact === contact.id ? { ...detail, contact: read.contact } : detail,
      );
    },
    onError: toastProblem,
  });
}

interface CardProps {
  detail: Detail;
  contact: Contact;
  others: Row[] | null;
  threads: Thread[];
}

function Card({ detail, contact, others, threads }: CardProps) {
  const { t } = useTranslation();
  const names = useNames();
  const change = useChange(contact);
  const may = rightsOf(detail).edit_contact;
  const save = (body: Change) => change.mutate(body);
  return (
    <div aria-busy={change.isPending}>
      <section className={classes.section}>
        <Stack gap="sm">
          <AttributeField
            definition={{ name: t('contact.name'), type: 'text', options: [] }}
            value={contact.name}
            disabled={!may}
            onSave={(name) => save({ name: String(name ?? '') })}
          />
          {contact.address && (
            <div>
              <Text size="xs" fw={500}>
                {t('contact.address')}
              </Text>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {contact.address}
              </Text>
            </div>
          )}
          {may && threads.length > 0 && <WriteFirst contact={contact} threads={threads} />}
          <LanguageField contact={contact} disabled={!may} save={save} />
          <Switch
            label={t('contact.vip')}
            description={t('contact.vipHint')}
            checked={contact.vip}
            disabled={!may}
            onChange={(event) => save({ vip: event.currentTarget.checked })}
          />
          {may && <MuteButton contact={contact} channel={detail.row.channel} />}
          <LabelsField contact={contact} disabled={!may} save={save} />
          {contact.groups.length > 0 && (
            <div>
              <Text size="xs" fw={500} mb={4}>
                {t('contact.groups')}
              </Text>
              <Group gap={4}>
                {contact.groups.map((group) => (
                  <Badge key={group} variant="light" color="gray" tt="none">
                    {group}
                  </Badge>
                ))}
              </Group>
            </div>
          )}
        </Stack>
      </section>
      <Attributes contact={contact} disabled={!may} save={save} />
      <Others rows={others} names={names} />
    </div>
  );
}

interface FieldProps {
  contact: Contact;
  disabled: boolean;
  save: (body: Change) => void;
}

function LanguageField({ contact, disabled, save }: FieldProps) {
  const { t } = useTranslation();
  const choices = useLanguageChoices(contact.language ? [contact.language] : []);
  const hint = contact.language
    ? t(contact.language_manual ? 'contact.languageManual' : 'contact.languageDetected')
    : '';
  return (
    <Select
      size="xs"
      label={t('contact.language')}
      description={hint}
      placeholder={t('settings.form.notSet')}
      searchable
      clearable
      disabled={disabled}
      data={choices}
      value={contact.language}
      onChange={(language) => save(language ? { language } : { clear_language: true })}
    />
  );
}

function LabelsField({ contact, disabled, save }: FieldProps) {
  const { t } = useTranslation();
  const labels = useSession().workspace.labels.filter((label) => label.scopes.includes('contact'));
  if (labels.length === 0 && contact.labels.length === 0) return null;
  return (
    <MultiSelect
      size="xs"
      label={t('contact.labels')}
      data={labels.map(({ id, name }) => ({ value: id, label: name }))}
      value={contact.labels}
      disabled={disabled}
      searchable
      onChange={(chosen) => save({ labels: chosen })}
    />
  );
}

/** Those that the workspace defines, in its order; then what the network gave besides. */
function Attributes({ contact, disabled, save }: FieldProps) {
  const { t } = useTranslation();
  const { attributes } = useSession().workspace;
  const defined = new Set(attributes.flatMap(({ id, name }) => [id, name]));
  const given = Object.entries(contact.attributes).filter(([key]) => !defined.has(key));
  return (
    <section className={classes.section}>
      <h3 className={classes.title}>{t('contact.attributes')}</h3>
      <Stack gap="sm">
        {attributes.map((definition) => {
          const key = definition.id in contact.attributes ? definition.id : definition.name;
          return (
            <AttributeField
              key={definition.id}
              definition={definition}
              value={contact.attributes[key]}
              disabled={disabled}
              onSave={(value) => save(value === null ? { clear: [key] } : { attributes: { [key]: value } })}
            />
          );
        })}
        {given.map(([key, value]) => (
          <AttributeField
            key={key}
            definition={{
              name: key,
              type: typeof value === 'boolean' ? 'boolean' : typeof value === 'number' ? 'number' : 'text',
              options: [],
            }}
            value={value}
            disabled={disabled}
            onSave={(next) => save(next === null ? { clear: [key] } : { attributes: { [key]: next } })}
          />
        ))}
        {attributes.length === 0 && given.length === 0 && (
          <Text size="sm" c="dimmed">
            {t('contact.noAttributes')}
          </Text>
        )}
      </Stack>
    </section>
  );
}

function Others({ rows, names }: { rows: Row[] | null; names: Names }) {
  const { t } = useTranslation();
  const { vocabulary } = useSession().workspace;
  const now = useNow();
  return (
    <section className={classes.section}>
      <h3 className={classes.title}>{t('contact.others')}</h3>
      {rows === null ? (
        <Skeleton h={40} />
      ) : rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('contact.noOthers')}
        </Text>
      ) : (
        <ul className={classes.others}>
          {rows.map((row) => (
            <li key={row.id}>
              <Link className={classes.other} to={`/c/${row.id}`}>
                <span className={classes.line}>
                  <MediumIcon medium={row.medium} size={14} />
                  <span className={classes.text}>{names.channels.get(row.channel)?.name}</span>
                  <span>{statusWord(t, vocabulary, row)}</span>
                  {row.last_message_at && (
                    <span>
                      {t('queue.since', { time: shortDuration(now - Date.parse(row.last_message_at)) })}
                    </span>
                  )}
                </span>
                <span className={classes.text}>{row.preview || t('queue.noText')}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
