export const HELP_TEXT = `Usage: pycocotools-js eval GROUND_TRUTH RESULTS --iou-type TYPE [options]

Evaluates a results file against an annotation file in COCO format. The numbers are those of pycocotools 2.0.11.

  --iou-type TYPE    what is compared: bbox, segm or keypoints
  --per-class        a row for each category, too
  --max-dets N,N,N   detections counted per image and category (default 1,10,100; of keypoints 20)
  --sigmas N,N,...   of keypoints: how far each may be off, one for each (default: of COCO's 17)
  --class-agnostic   let a detection match any category, as useCats = 0
  --json             one JSON document on standard output, all else on standard error:
                     iouType, stats, names of the stats, perClass (empty without --per-class), seconds
  -h, --help         this text
  -v, --version      the version

Exits with 0; with 2 for what you can mend, in the command line or in a file; with 1 for a fault of the program.
DEBUG=1 in the environment adds the stack to an error.`
