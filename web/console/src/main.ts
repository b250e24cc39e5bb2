// The beginning: styles, the app, the service worker.
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { showTheme } from './lib/theme';
import { registerWorker } from './lib/worker';

showTheme();
const target = document.getElementById('app');
if (target) mount(App, { target });
if (import.meta.env.PROD) registerWorker();
