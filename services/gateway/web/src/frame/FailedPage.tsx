/** A whole page that could not be loaded. */
import { Button, Center, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { problemText } from '../lib/problems';

export function FailedPage({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation();
  return (
    <Center h="100%" p="md" component="main">
      <Stack align="center" maw={460} role="alert">
        <Title order={1} size="h3">
          {t('problem.failed')}
        </Title>
        <Text ta="center">{problemText(t, error)}</Text>
        <Button onClick={retry}>{t('app.retry')}</Button>
      </Stack>
    </Center>
  );
}
