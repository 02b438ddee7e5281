// What every page of the console runs: the shared listeners, then the work list.
import './listen.js';
import './worklist.js';
