/** A part of a page that could not be loaded: what is wrong, and trying again. */
import { Alert, Button, Group, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../lib/problems';

export function Failure({ title, error, retry }: { title: string; error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertTriangle aria-hidden />}
      title={title}
      m="sm"
      role="alert"
    >
      <Group justify="space-between" gap="xs">
        <Text size="sm">{problemText(t, error)}</Text>
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            {t('app.retry')}
          </Button>
        )}
      </Group>
    </Alert>
  );
}
