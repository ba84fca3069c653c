/** Macros: read once, run on one conversation or on many (AU-22). */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../api/http';
import { applyRow } from '../api/rows';
import type { Row, Stored } from '../api/types';
import * as wire from '../api/wire';
import { said } from '../i18n/said';
import { toast } from '../lib/toast';
import { useSession } from '../session/context';

export interface Macro {
  id: string;
  name: string;
  own: boolean;
  stored: Stored;
}

/** In the order of the settings; one's own and the shared ones. */
export function useMacroList() {
  return useQuery({
    queryKey: ['macros'],
    queryFn: async () => {
      const { items } = wire.page(wire.stored)(await call('GET', '/api/macros'));
      const place = (value: unknown) => (typeof value === 'number' ? value : 0);
      return items
        .toSorted((a, b) => place(a.value.position) - place(b.value.position))
        .map(
          (stored): Macro => ({
            id: stored.id,
            name: String(stored.value.name ?? stored.id),
            own: typeof stored.value.user === 'string',
            stored,
          }),
        );
    },
  });
}

export interface MacroRun {
  macro: Macro;
  rows: readonly Row[];
}

/** "act: why", without the act's name in the API: what was to be done stands in the macro. */
function refusal(text: string): string {
  return said(text.replace(/^[a-z_]+: /, ''));
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** On one conversation guarded by what was on the screen; on many as it comes, one result each. */
export function useRunMacro(seen: (() => string | null) | null) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const me = useSession().user.id;
  return useMutation({
    mutationFn: async ({ macro, rows }: MacroRun): Promise<string[]> => {
      const one = seen === null ? undefined : rows[0];
      const answers = one
        ? [
            wire.record(
              await call('POST', `/api/conversations/${one.id}/macro`, {
                body: { macro: macro.id, seen: seen?.() ?? null, status_number: one.status_number },
              }),
            ),
          ]
        : listed(
            await call('POST', '/api/conversations/macro', {
              body: { macro: macro.id, ids: rows.map(({ id }) => id) },
            }),
          );
      for (const { row } of answers) if (row) applyRow(client, wire.row(row), me);
      return answers.flatMap((answer) =>
        typeof answer.detail === 'string' ? [said(answer.detail)] : texts(answer.failed).map(refusal),
      );
    },
    onSuccess: (failed, { macro, rows }) => {
      const { name } = macro;
      const why = [...new Set(failed)].join(' · ');
      toast(
        failed.length ? t('conversation.macroFailed', { name, why }) : t('conversation.macroDone', { name }),
      );
      for (const { id } of rows) {
        void client.invalidateQueries({ queryKey: ['timeline', id] });
        void client.invalidateQueries({ queryKey: ['trail', id] });
      }
    },
  });
}

function listed(answer: unknown): wire.Wire[] {
  const { results } = wire.record(answer);
  return Array.isArray(results) ? results.map(wire.record) : [];
}
