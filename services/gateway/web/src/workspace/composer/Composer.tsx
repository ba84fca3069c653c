/** The reply box: a reply to the contact, or a private note to colleagues (WF-18, WF-19). */
import { Alert, Button, CloseButton, SegmentedControl } from '@mantine/core';
import { IconAlertTriangle, IconLock, IconSend } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, newKey } from '../../api/http';
import { useAgents } from '../../api/queries';
import { applyRow } from '../../api/rows';
import type { Message, Row } from '../../api/types';
import * as wire from '../../api/wire';
import { useShortcuts } from '../../frame/shortcuts';
import { problemText } from '../../lib/problems';
import { applyMessage } from '../../live/apply';
import { type Rights, useSession } from '../../session/context';
import classes from './composer.module.css';
import { type Draft, draftedTab, draftKey, mentionsIn, type Tab, useDraft } from './draft';
import { MentionInput } from './MentionInput';

interface Props {
  row: Row;
  rights: Rights;
  seen: () => string | null;
  replyTo: Message | null;
  onReplyTo: (message: Message | null) => void;
}

export function Composer({ row, rights, seen, replyTo, onReplyTo }: Props) {
  const { t } = useTranslation();
  const { user } = useSession();
  const [kept, setKept] = useState<Tab>(() => draftedTab(user.id, row.id));
  const tab: Tab = rights.reply ? kept : 'note';
  const focus = useRef<() => void>(() => {});

  function show(next: Tab) {
    setKept(next);
    // The box of the chosen tab is there after the next render.
    requestAnimationFrame(() => focus.current());
  }

  useShortcuts({
    ...(rights.reply ? { r: () => show('reply') } : {}),
    ...(rights.note ? { n: () => show('note') } : {}),
  });

  if (!rights.note) return null;
  return (
    <section className={classes.composer} aria-label={t('composer.label')}>
      <Box
        key={tab}
        tab={tab}
        onTab={show}
        row={row}
        rights={rights}
        seen={seen}
        replyTo={tab === 'reply' ? replyTo : null}
        onReplyTo={onReplyTo}
        storageKey={draftKey(user.id, row.id, tab)}
        focus={focus}
      />
    </section>
  );
}

interface BoxProps extends Props {
  tab: Tab;
  onTab: (tab: Tab) => void;
  storageKey: string;
  focus: { current: () => void };
}

/** Sends the text; repeated with the same key while the text is the same, so that a retry never doubles it. */
function useSend(row: Row, tab: Tab, seen: () => string | null, onSent: () => void) {
  const client = useQueryClient();
  const me = useSession().user.id;
  const attempt = useRef<{ of: string; key: string } | null>(null);
  return useMutation({
    mutationFn: async ({ draft, inReplyTo }: { draft: Draft; inReplyTo: string | null }) => {
      const text = draft.text.trim();
      const of = JSON.stringify([text, inReplyTo]);
      if (attempt.current?.of !== of) attempt.current = { of, key: newKey() };
      const base = `/api/conversations/${row.id}`;
      const body =
        tab === 'reply'
          ? { text, seen: seen(), ...(inReplyTo ? { in_reply_to: inReplyTo } : {}) }
          : { text, mentions: mentionsIn(draft) };
      const path = tab === 'reply' ? `${base}/messages` : `${base}/notes`;
      return wire.record(await call('POST', path, { body, key: attempt.current.key }));
    },
    onSuccess: (answer) => {
      attempt.current = null;
      onSent();
      if (answer.message) applyMessage(client, wire.message(answer.message));
      else void client.invalidateQueries({ queryKey: ['timeline', row.id] });
      if (answer.row) applyRow(client, wire.row(answer.row), me);
    },
  });
}

function Box({ tab, onTab, row, rights, seen, replyTo, onReplyTo, storageKey, focus }: BoxProps) {
  const { t } = useTranslation();
  const { workspace, user } = useSession();
  const colleagues = useAgents().data ?? [];
  const [draft, setDraft] = useDraft(storageKey);
  const input = useRef<HTMLTextAreaElement>(null);
  focus.current = useCallback(() => input.current?.focus(), []);
  const typing = useTypingHint(row.id);
  const send = useSend(row, tab, seen, () => {
    setDraft({ text: '', mentions: [] });
    onReplyTo(null);
    input.current?.focus();
  });
  const note = tab === 'note';
  const channel = workspace.channels.find((one) => one.id === row.channel);

  function submit() {
    if (draft.text.trim() && !send.isPending) send.mutate({ draft, inReplyTo: replyTo?.id ?? null });
  }

  return (
    <div className={`${classes.box} ${note ? classes.note : ''}`}>
      <div className={classes.bar}>
        <SegmentedControl
          size="xs"
          aria-label={t('composer.label')}
          value={tab}
          onChange={(value) => onTab(value as Tab)}
          data={[
            { value: 'reply', label: t('composer.reply'), disabled: !rights.reply },
            { value: 'note', label: t('composer.note') },
          ]}
        />
        {!note && channel && (
          <span className={classes.as}>{t('composer.as', { name: channel.handle || channel.name })}</span>
        )}
      </div>
      {!rights.reply && <div className={`${classes.quote} ${classes.hint}`}>{t('composer.viewer')}</div>}
      {replyTo && (
        <div className={classes.quote}>
          <span>{t('composer.replyingTo', { text: replyTo.text })}</span>
          <CloseButton size="xs" aria-label={t('app.cancel')} onClick={() => onReplyTo(null)} />
        </div>
      )}
      {send.isError && (
        <Alert color="red" mx={10} py={6} role="alert" icon={<IconAlertTriangle aria-hidden />}>
          {t('composer.failed')} {problemText(t, send.error)}{' '}
          <Button size="compact-xs" variant="default" onClick={submit}>
            {t('app.retry')}
          </Button>
        </Alert>
      )}
      <MentionInput
        input={input}
        className={classes.input ?? ''}
        value={draft.text}
        onChange={(text) => {
          setDraft({ ...draft, text });
          if (!note) typing();
        }}
        onMention={({ id, name }, text) => setDraft({ text, mentions: [...draft.mentions, { id, name }] })}
        people={note ? colleagues.filter((one) => one.id !== user.id) : []}
        label={note ? t('composer.note') : t('composer.reply')}
        placeholder={note ? t('composer.notePlaceholder') : t('composer.replyPlaceholder')}
        disabled={send.isPending}
        onSubmit={submit}
      />
      <div className={classes.bar}>
        <span className={classes.hint}>{t('composer.hint')}</span>
        <Button
          ml="auto"
          size="xs"
          color={note ? 'yellow' : 'indigo'}
          leftSection={note ? <IconLock size={15} aria-hidden /> : <IconSend size={15} aria-hidden />}
          loading={send.isPending}
          disabled={draft.text.trim() === ''}
          onClick={submit}
        >
          {note ? t('composer.addNote') : t('composer.send')}
        </Button>
      </div>
    </div>
  );
}

/** Tells colleagues that one is typing, at most every few seconds (WF-15). */
function useTypingHint(conversation: string): () => void {
  const last = useRef(0);
  return useCallback(() => {
    if (Date.now() - last.current < 4000) return;
    last.current = Date.now();
    call('POST', `/api/conversations/${conversation}/hint`, { body: { what: 'typing' } }).catch(() => {});
  }, [conversation]);
}
