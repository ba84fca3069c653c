/** The button with the macros one may run. */
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconPencil, IconWand } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { asProblem } from '../api/http';
import type { Row } from '../api/types';
import { toastProblem } from '../lib/toast';
import { useMacroList, useRunMacro } from './macros';
import { Picker } from './Picker';

const OWN = '(own)';

interface Props {
  rows: readonly Row[];
  /** Of the one conversation on the screen; null: run on many. */
  seen: (() => string | null) | null;
  size?: number;
  onDone?: () => void;
  /** Somebody changed it first. */
  onConflict?: () => void;
}

export function MacroMenu({ rows, seen, size = 34, onDone, onConflict }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const macros = useMacroList().data ?? [];
  const run = useRunMacro(seen);

  async function choose(id: string) {
    if (id === OWN) return navigate('/macros');
    const macro = macros.find((one) => one.id === id);
    if (!macro) return;
    try {
      await run.mutateAsync({ macro, rows });
      onDone?.();
    } catch (error) {
      if (asProblem(error).status === 409 && onConflict) onConflict();
      else toastProblem(error);
    }
  }

  return (
    <Picker
      search={t('conversation.searchMacros')}
      empty={t('settings.noMatch')}
      options={[
        ...macros.map(({ id, name }) => ({ value: id, label: name })),
        { value: OWN, label: t('conversation.ownMacros'), mark: <IconPencil size={15} aria-hidden /> },
      ]}
      onChoose={(id) => void choose(id)}
      target={(open) => (
        <Tooltip label={t('conversation.macros')}>
          <ActionIcon
            variant="default"
            size={size}
            aria-label={t('conversation.macros')}
            disabled={rows.length === 0}
            loading={run.isPending}
            onClick={open}
          >
            <IconWand size={17} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
    />
  );
}
