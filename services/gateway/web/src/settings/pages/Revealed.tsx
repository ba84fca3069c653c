/** Secrets that were made just now; this is the only time they are shown. */
import { Alert, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { CopyLine } from './CopyLine';

export function Revealed({ secrets }: { secrets: Record<string, string> }) {
  const { t } = useTranslation();
  return (
    <Alert color="teal" icon={<IconKey aria-hidden />} title={t('settings.secrets.title')} role="status">
      <Stack gap="xs">
        <Text size="sm">{t('settings.secrets.text')}</Text>
        {Object.entries(secrets).map(([path, secret]) => (
          <CopyLine key={path} label={path} text={secret} />
        ))}
      </Stack>
    </Alert>
  );
}
