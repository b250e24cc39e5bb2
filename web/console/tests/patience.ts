// What a test waits for comes later on a machine that has more to do.
import { configure } from '@testing-library/svelte';
import { vi } from 'vitest';

const patience = 20_000;
configure({ asyncUtilTimeout: patience });
const wait = vi.waitFor;
vi.waitFor = (look, limits) => wait(look, limits ?? { timeout: patience });
