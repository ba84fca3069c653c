/** Words of the workspace's status vocabulary (WF-11); the API speaks canonical names only. */
import type { TFunction } from 'i18next';
import type { QueueTab } from '../api/rows';
import type { Row, Workspace } from '../api/types';

export function statusWord(
  t: TFunction,
  vocabulary: Workspace['vocabulary'],
  row: Pick<Row, 'status' | 'substatus'>,
): string {
  if (row.status === 'triage') return t('status.triage');
  if (row.status === 'bot') return t('status.bot');
  if (vocabulary === 'ticket' && row.substatus) return t(`status.ticket.${row.substatus}`);
  return t(`status.queue.${row.status}`);
}

export function tabWord(t: TFunction, vocabulary: Workspace['vocabulary'], tab: QueueTab): string {
  if (tab === 'bot') return t('status.bot');
  return vocabulary === 'ticket' ? t(`status.ticketTabs.${tab}`) : t(`status.queueTabs.${tab}`);
}

/** The contact's name; one without is told from others by the end of its id. */
export function contactName(t: TFunction, row: Pick<Row, 'contact' | 'contact_name'>): string {
  return row.contact_name || t('contact.unnamed', { code: row.contact.slice(-4).toUpperCase() });
}
