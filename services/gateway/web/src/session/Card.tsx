/** The centred card of the pages before one is signed in. */
import { Box, Center, Group, Paper, Select, Stack, Text, Title } from '@mantine/core';
import { IconLanguage } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Logo } from '../frame/Logo';
import { LANGUAGES, speak } from '../i18n';

export function Card({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  const { t, i18n } = useTranslation();
  return (
    <Box bg="var(--ground)" h="100%" style={{ overflow: 'auto' }}>
      <Center mih="100%" p="md" component="main">
        <Stack w="100%" maw={400} gap="lg">
          <Group justify="center" gap="xs">
            <Logo size={34} />
            <Text size="xl" fw={700}>
              {t('app.name')}
            </Text>
          </Group>
          <Paper withBorder p="xl" radius="lg" shadow="sm">
            <Stack>
              <Title order={1} size="h3">
                {title}
              </Title>
              {hint && (
                <Text size="sm" c="dimmed">
                  {hint}
                </Text>
              )}
              {children}
            </Stack>
          </Paper>
          <Group justify="center">
            <Select
              size="xs"
              w={150}
              aria-label={t('app.language')}
              leftSection={<IconLanguage size={16} aria-hidden />}
              data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
              value={i18n.language}
              allowDeselect={false}
              onChange={(value) => void speak(value ?? 'en')}
            />
          </Group>
        </Stack>
      </Center>
    </Box>
  );
}
