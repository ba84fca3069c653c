/** A line of text to take away: shown whole, with a button that copies it. */
import { Button, Code, Group, Text } from '@mantine/core';
import { IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { copyText } from '../../lib/copy';

export function CopyLine({ label, text }: { label: string; text: string }) {
  const { t } = useTranslation();
  return (
    <div>
      <Text size="xs" fw={600}>
        {label}
      </Text>
      <Group gap="xs" wrap="nowrap">
        <Code style={{ overflowWrap: 'anywhere', flex: 1, fontSize: 13 }} p={6}>
          {text}
        </Code>
        <Button
          size="xs"
          variant="default"
          aria-label={`${t('app.copy')}: ${label}`}
          leftSection={<IconCopy size={14} aria-hidden />}
          onClick={() => void copyText(text)}
        >
          {t('app.copy')}
        </Button>
      </Group>
    </div>
  );
}
