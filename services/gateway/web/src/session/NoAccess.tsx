/** Signed in without any channel or team: an explanation instead of an error (AG-05). */
import { Button, Center, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconUserQuestion } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { useSession } from './context';

export function NoAccess() {
  const { t } = useTranslation();
  const { user } = useSession();
  return (
    <Center h="100%" p="lg">
      <Stack align="center" maw={520} gap="sm">
        <ThemeIcon size={64} radius="xl" variant="light">
          <IconUserQuestion size={36} aria-hidden />
        </ThemeIcon>
        <Title order={1} size="h3" ta="center">
          {t('access.title')}
        </Title>
        <Text ta="center" c="dimmed">
          {user.role === 'admin' ? t('access.admins') : t('access.text')}
        </Text>
        {user.role === 'admin' && (
          <Button component={Link} to="/settings">
            {t('access.openSettings')}
          </Button>
        )}
      </Stack>
    </Center>
  );
}
