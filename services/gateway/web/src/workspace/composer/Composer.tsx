/** The reply box: a reply to the contact, or a private note to colleagues (WF-18, WF-19). */
import { ActionIcon, Alert, Button, CloseButton, SegmentedControl, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconLock, IconPaperclip, IconSend } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useCallback, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, newKey } from '../../api/http';
import { useAgents } from '../../api/queries';
import { applyRow } from '../../api/rows';
import type { Attachment, ChannelName, Message, Row } from '../../api/types';
import * as wire from '../../api/wire';
import { useShortcuts } from '../../frame/shortcuts';
import { coming } from '../../i18n/format';
import { useNow } from '../../lib/clock';
import { problemText } from '../../lib/problems';
import { applyMessage } from '../../live/apply';
import { type Rights, useSession } from '../../session/context';
import classes from './composer.module.css';
import { type Draft, draftedTab, draftKey, mentionsIn, type Tab, useDraft } from './draft';
import { FileList } from './FileList';
import { MentionInput } from './MentionInput';
import { type Uploads, useUploads } from './useUploads';
import { replyWindow, worthAWord } from './window';

interface Props {
  row: Row;
  rights: Rights;
  seen: () => string | null;
  replyTo: Message | null;
  onReplyTo: (message: Message | null) => void;
  /** Oldest first, as far as loaded. */
  messages: readonly Message[];
}

export function Composer({ row, rights, seen, replyTo, onReplyTo, messages }: Props) {
  const { t } = useTranslation();
  const { user } = useSession();
  const [kept, setKept] = useState<Tab>(() => draftedTab(user.id, row.id));
  const tab: Tab = rights.reply ? kept : 'note';
  const channel = useSession().workspace.channels.find((one) => one.id === row.channel);
  // Here and not in the box of a tab: who looks up something for a note finds his files where he left them.
  const uploads = useUploads(row.id, channel);
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
        messages={messages}
        channel={channel}
        uploads={uploads}
        storageKey={draftKey(user.id, row.id, tab)}
        focus={focus}
      />
    </section>
  );
}

interface BoxProps extends Props {
  tab: Tab;
  onTab: (tab: Tab) => void;
  channel: ChannelName | undefined;
  uploads: Uploads;
  storageKey: string;
  focus: { current: () => void };
}

interface Sending {
  draft: Draft;
  inReplyTo: string | null;
  attachments: Attachment[];
}

function asSent({ id, name, type, size }: Attachment) {
  return { id, name, type, size };
}

/** Sends the text; repeated with the same key while the text is the same, so that a retry never doubles it. */
function useSend(row: Row, tab: Tab, seen: () => string | null, onSent: () => void) {
  const client = useQueryClient();
  const me = useSession().user.id;
  const attempt = useRef<{ of: string; key: string } | null>(null);
  return useMutation({
    mutationFn: async ({ draft, inReplyTo, attachments }: Sending) => {
      const text = draft.text.trim();
      const of = JSON.stringify([text, inReplyTo, attachments.map(({ id }) => id)]);
      if (attempt.current?.of !== of) attempt.current = { of, key: newKey() };
      const base = `/api/conversations/${row.id}`;
      const body =
        tab === 'reply'
          ? {
              text,
              seen: seen(),
              ...(inReplyTo ? { in_reply_to: inReplyTo } : {}),
              ...(attachments.length ? { attachments: attachments.map(asSent) } : {}),
            }
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

function Box({
  tab,
  onTab,
  row,
  rights,
  seen,
  replyTo,
  onReplyTo,
  messages,
  channel,
  uploads,
  storageKey,
  focus,
}: BoxProps) {
  const { t } = useTranslation();
  const { user } = useSession();
  const colleagues = useAgents().data ?? [];
  const [draft, setDraft] = useDraft(storageKey);
  const input = useRef<HTMLTextAreaElement>(null);
  focus.current = useCallback(() => input.current?.focus(), []);
  const typing = useTypingHint(row.id);
  const files = useRef<HTMLInputElement>(null);
  const note = tab === 'note';
  const send = useSend(row, tab, seen, () => {
    setDraft({ text: '', mentions: [] });
    if (!note) {
      onReplyTo(null);
      uploads.clear();
    }
    input.current?.focus();
  });
  const now = useNow();
  const window = note ? null : replyWindow(channel?.reply_window_hours ?? null, messages, now);
  const takesFiles = !note && rights.reply && (channel?.capabilities.includes('attachments') ?? false);
  const [over, setOver] = useState(false);
  const ready =
    (draft.text.trim() !== '' || (!note && uploads.items.length > 0)) && !uploads.busy && !window?.closed;

  function submit() {
    if (ready && !send.isPending)
      send.mutate({
        draft,
        inReplyTo: replyTo?.id ?? null,
        attachments: note ? [] : uploads.attachments(),
      });
  }

  function dropped(event: DragEvent) {
    setOver(false);
    if (!takesFiles || event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    uploads.add(event.dataTransfer.files);
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one more way; the button is the one for all
    <div
      className={`${classes.box} ${note ? classes.note : ''}`}
      data-over={over || undefined}
      onDragOver={(event) => {
        if (!takesFiles || !event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      {over && <div className={classes.dropHere}>{t('composer.dropHere')}</div>}
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
      {window && worthAWord(window, now) && (
        <Alert
          color={window.closed ? 'orange' : 'yellow'}
          mx={10}
          py={6}
          icon={<IconAlertTriangle aria-hidden />}
        >
          {window.closed
            ? t('composer.windowClosed', { hours: channel?.reply_window_hours })
            : t('composer.windowCloses', { time: coming(new Date(window.closesAt).toISOString(), now) })}
        </Alert>
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
        onFiles={takesFiles ? (pasted) => uploads.add(pasted) : null}
      />
      {takesFiles && <FileList uploads={uploads} />}
      <div className={classes.bar}>
        {takesFiles && (
          <>
            <Tooltip label={t('composer.attach')}>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('composer.attach')}
                onClick={() => files.current?.click()}
              >
                <IconPaperclip size={18} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <input
              ref={files}
              type="file"
              multiple
              hidden
              aria-label={t('composer.attach')}
              accept={channel?.attachment_types.join(',') || undefined}
              onChange={(event) => {
                uploads.add(event.currentTarget.files ?? []);
                event.currentTarget.value = '';
              }}
            />
          </>
        )}
        <span className={classes.hint}>{t('composer.hint')}</span>
        <Button
          ml="auto"
          size="xs"
          color={note ? 'yellow' : 'indigo'}
          leftSection={note ? <IconLock size={15} aria-hidden /> : <IconSend size={15} aria-hidden />}
          loading={send.isPending}
          disabled={!ready}
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
