/** The whole conversation as text, to look at and to copy (WF-28). */
import { Button, Code, Group, Loader, Modal, ScrollArea, Stack, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { useTimeline } from '../../api/queries';
import type { Message } from '../../api/types';
import { dateAndTime } from '../../i18n/format';
import { copyText } from '../../lib/copy';

interface Props {
  opened: boolean;
  onClose: () => void;
  timeline: ReturnType<typeof useTimeline>;
  messages: readonly Message[];
  contactName: string;
}

/** Inbound and outbound texts in order; no notes, files or audit lines. */
export function asText(messages: readonly Message[], contactName: string): string {
  return messages
    .filter((message) => message.direction !== 'internal')
    .map((message) => {
      const name = message.author.name || (message.direction === 'inbound' ? contactName : '');
      const text = message.masked_at ? '[masked]' : message.text;
      return `${dateAndTime(message.sent_at)} ${name}:\n${text}`;
    })
    .join('\n\n');
}

export function CopyDialog({ opened, onClose, timeline, messages, contactName }: Props) {
  const { t } = useTranslation();
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = timeline;
  useEffect(() => {
    if (opened && hasNextPage && !isFetchingNextPage && !isFetchNextPageError) void fetchNextPage();
  }, [opened, hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage]);
  const text = asText(messages, contactName);
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="lg"
      title={t('conversation.copyTitle')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack>
        <Text size="sm">{t('conversation.copyHint')}</Text>
        {hasNextPage ? (
          <Loader size="sm" />
        ) : (
          <ScrollArea.Autosize mah={380} type="auto">
            <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {text}
            </Code>
          </ScrollArea.Autosize>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t('app.cancel')}
          </Button>
          <Button
            disabled={hasNextPage}
            onClick={() => {
              void copyText(text);
              onClose();
            }}
          >
            {t('app.copy')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
