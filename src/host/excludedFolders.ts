/** Folders that a search of the workspace leaves out: they hold installed packages and caches. */
export const EXCLUDED_FOLDERS = '**/{node_modules,.git,.venv,venv,__pycache__}/**';
