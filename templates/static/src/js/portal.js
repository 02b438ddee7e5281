// What every page of the portal runs.
import './listen.js';
