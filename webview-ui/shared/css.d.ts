/** Stylesheets are imported for their side effect. The bundler collects them. */
declare module '*.css';
