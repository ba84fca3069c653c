/** Acts on a conversation: guarded by what was on the screen, answered with the new row. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem, call, newKey } from '../../api/http';
import { applyRow } from '../../api/rows';
import type { Act, Row } from '../../api/types';
import * as wire from '../../api/wire';
import { toastProblem } from '../../lib/toast';
import { useSession } from '../../session/context';

export interface Acting {
  /** Resolves to whether it was done. */
  act: (act: Act) => Promise<boolean>;
  pending: Act['act'] | null;
  /** Somebody changed it first: nothing was done, the current state is shown. */
  conflict: boolean;
  forget: () => void;
  /** Something else than an act found that somebody changed it first. */
  stale: () => void;
}

export function useAct(row: Row, seen: () => string | null): Acting {
  const client = useQueryClient();
  const me = useSession().user.id;
  const [conflict, setConflict] = useState(false);
  const mutation = useMutation({
    mutationFn: async ({ row, act, key }: { row: Row; act: Act; key: string }) => {
      const body = { act, seen: seen(), status_number: row.status_number };
      const answer = wire.record(await call('POST', `/api/conversations/${row.id}/acts`, { body, key }));
      return wire.row(answer.row ?? answer);
    },
    retry: (failures, error) => failures < 2 && asProblem(error).status === 504,
    onSuccess: (fresh) => {
      setConflict(false);
      applyRow(client, fresh, me);
      void client.invalidateQueries({ queryKey: ['trail', fresh.id] });
    },
    onError: (error, { row: acted }) => {
      if (asProblem(error).status === 409) {
        setConflict(true);
        const { current } = asProblem(error).extra;
        if (current) applyRow(client, wire.row(current), me);
        void client.invalidateQueries({ queryKey: ['detail', acted.id] });
        void client.invalidateQueries({ queryKey: ['timeline', acted.id] });
      } else toastProblem(error);
    },
  });

  async function act(what: Act): Promise<boolean> {
    try {
      await mutation.mutateAsync({ row, act: what, key: newKey() });
      return true;
    } catch {
      return false;
    }
  }

  return {
    act,
    pending: mutation.isPending ? mutation.variables.act.act : null,
    conflict,
    forget: () => setConflict(false),
    stale: () => {
      setConflict(true);
      void client.invalidateQueries({ queryKey: ['detail', row.id] });
      void client.invalidateQueries({ queryKey: ['timeline', row.id] });
    },
  };
}
