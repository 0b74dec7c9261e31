// The pages for operators that import files and that approve the uploads of others.
import { ImportPage } from "./import_page.js";
import { WaitingPage } from "./import_waiting_page.js";

const PAGES = { files: ImportPage, waiting: WaitingPage };

for (const main of document.querySelectorAll("[data-imports]")) new PAGES[main.dataset.imports](main);
