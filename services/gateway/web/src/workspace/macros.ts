/** Macros: read once, run on one conversation or on many (AU-22). */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../api/http';
import { applyRow } from '../api/rows';
import type { Row } from '../api/types';
import * as wire from '../api/wire';
import { toast } from '../lib/toast';
import { useSession } from '../session/context';

export interface Macro {
  id: string;
  name: string;
  own: boolean;
}

/** In the order of the settings; one's own and the shared ones. */
export function useMacros(): Macro[] {
  const macros = useQuery({
    queryKey: ['macros'],
    queryFn: async () => {
      const { items } = wire.page(wire.stored)(await call('GET', '/api/macros'));
      const place = (value: unknown) => (typeof value === 'number' ? value : 0);
      return items
        .toSorted((a, b) => place(a.value.position) - place(b.value.position))
        .map(({ id, value }) => ({
          id,
          name: String(value.name ?? id),
          own: typeof value.user === 'string',
        }));
    },
  });
  return macros.data ?? [];
}

export interface MacroRun {
  macro: Macro;
  rows: readonly Row[];
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
        typeof answer.detail === 'string' ? [answer.detail] : texts(answer.failed),
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
