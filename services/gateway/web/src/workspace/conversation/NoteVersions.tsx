/** What a note said before it was changed (WF-18). */
import { Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { call } from '../../api/http';
import { actor, record } from '../../api/wire';
import { Failure } from '../../frame/Failure';
import { dateAndTime } from '../../i18n/format';

export function NoteVersions({ id, onClose }: { id: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={id !== null}
      onClose={onClose}
      title={t('timeline.versions')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      {id && <Versions id={id} />}
    </Modal>
  );
}

function Versions({ id }: { id: string }) {
  const { t } = useTranslation();
  const versions = useQuery({
    queryKey: ['versions', id],
    queryFn: async () => {
      const { items } = record(await call('GET', `/api/notes/${encodeURIComponent(id)}/versions`));
      return (Array.isArray(items) ? items.map(record) : []).map((one) => ({
        at: String(one.at ?? ''),
        by: actor(one.by),
        text: String(one.text ?? ''),
      }));
    },
    staleTime: 0,
  });
  if (versions.isPending) return <Skeleton h={60} />;
  if (versions.isError)
    return (
      <Failure title={t('problem.failed')} error={versions.error} retry={() => void versions.refetch()} />
    );
  return (
    <Stack gap="sm">
      {versions.data.length === 0 && <Text size="sm">{t('timeline.noVersions')}</Text>}
      {versions.data.map(({ at, by, text }) => (
        <div key={at}>
          <Text size="xs" c="dimmed">
            {t('timeline.versionAt', { time: dateAndTime(at) })} · {by.name || t(`trail.actors.${by.kind}`)}
          </Text>
          <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {text}
          </Text>
        </div>
      ))}
    </Stack>
  );
}
