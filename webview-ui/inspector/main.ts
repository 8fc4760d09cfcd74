/** The inspector's page: it connects to the host, requests the source and shows it. */

import '../shared/base.css';
import './css/layout.css';
import './css/controls.css';
import './css/cards.css';
import './css/panes.css';
import './css/lora.css';
import './css/adapter.css';
import './css/prefix.css';
import './css/tensors.css';
import './css/grid.css';
import './css/findings.css';
// Styles of scripts that are loaded later are here too: one stylesheet, complete before the first view, in a fixed
// order.
import '../shared/heatmap/heatmap.css';
import '../shared/colorBar.css';
import '../shared/histogram.css';
import '../shared/tooltip.css';
import { allowLaterScripts } from '../shared/laterScripts';
import { hostTransport, viewState } from '../shared/hostTransport';
import { App } from './app';
import { InspectorClient } from './data/inspectorClient';
import { INITIAL_STATE, StateStore } from './data/state';
import { TABS } from './views/tabs';

allowLaterScripts();
// Loads the heatmap while the worker opens the file, since nearly every view shows a matrix. If that fails, the view
// that needs it reports the error.
TABS.tensors.load().catch(() => undefined);
const root = document.getElementById('app');
if (!root) throw new Error('the page has no element #app');
const app = new App(root, new InspectorClient(hostTransport()), new StateStore(viewState(INITIAL_STATE)));
void app.start();
