/** Resolving many at once (WF-27). */
import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import { applyRow } from '../../api/rows';
import type { Row } from '../../api/types';
import * as wire from '../../api/wire';
import { said } from '../../i18n/said';
import { toast, toastProblem } from '../../lib/toast';
import { useSession } from '../../session/context';
import { ReasonDialog } from '../conversation/ReasonDialog';
import { reasonsApply } from '../conversation/rules';
import { MacroMenu } from '../MacroMenu';

interface Props {
  selected: Row[];
  onDone: () => void;
}

export function BulkBar({ selected, onDone }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const { user, workspace } = useSession();
  const [asking, setAsking] = useState(false);
  const resolve = useMutation({
    mutationFn: async (reason: string | null) => {
      const ids = selected.map((row) => row.id);
      return wire.bulkResults(
        await call('POST', '/api/conversations/acts', { body: { ids, act: { act: 'resolve', reason } } }),
      );
    },
    onSuccess: (results) => {
      const failed = results.filter((result) => !result.ok);
      const done = results.length - failed.length;
      for (const { row } of results) if (row) applyRow(client, row, user.id);
      if (done) toast(t('queue.bulkDone', { count: done }));
      if (failed.length)
        toast(t('queue.bulkFailed', { count: failed.length, why: said(failed[0]?.detail ?? '') }));
      setAsking(false);
      onDone();
    },
    onError: toastProblem,
  });

  function start() {
    if (selected.some((row) => reasonsApply(workspace, row))) setAsking(true);
    else resolve.mutate(null);
  }

  return (
    <Group justify="space-between" gap="xs">
      <Text size="sm" role="status">
        {t('queue.selected', { count: selected.length })}
      </Text>
      <Group gap={6}>
        <Button size="compact-sm" variant="default" onClick={onDone}>
          {t('app.cancel')}
        </Button>
        <MacroMenu rows={selected} seen={null} size={26} onDone={onDone} />
        <Button
          size="compact-sm"
          disabled={selected.length === 0}
          loading={resolve.isPending}
          onClick={start}
        >
          {t('queue.resolveSelected')}
        </Button>
      </Group>
      <ReasonDialog
        opened={asking}
        title={t('conversation.resolveSelectedTitle', { count: selected.length })}
        pending={resolve.isPending}
        onClose={() => setAsking(false)}
        onResolve={(reason) => resolve.mutate(reason)}
      />
    </Group>
  );
}
