;; The inner loops of resize.ts in SIMD instructions. `npm run build:wasm` turns them into resize_rows_wasm.ts.
;;
;; Pointers are bytes of `memory`. The loops read and write up to 15 bytes past the end of a row.
(module
  (memory (export "memory") 1)

  ;; Resizes a row of RGB bytes along x: writes `count` times three int16, in 1/128.
  ;;
  ;; `columns` has two int32 for each output pixel: the byte at which its left source pixel starts, and the
  ;; weights of its left and right source pixel, an int16 each, in 1/2048.
  (func (export "resizeRow")
    (param $row i32) (param $columns i32) (param $count i32) (param $out i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $columns) (i32.shl (local.get $count) (i32.const 3))))
    (loop $pixel
      (v128.store64_lane 0 (local.get $out)
        (i16x8.narrow_i32x4_s
          (i32x4.shr_u
            (i32x4.dot_i16x8_s
              ;; bytes r g b R G B of the two source pixels to int16 r R g G b B 0 0
              (i8x16.shuffle 0 16 3 16 1 16 4 16 2 16 5 16 16 16 16 16
                (v128.load64_zero (i32.add (local.get $row) (i32.load (local.get $columns))))
                (v128.const i32x4 0 0 0 0))
              (v128.load32_splat offset=4 (local.get $columns)))
            (i32.const 4))
          (v128.const i32x4 0 0 0 0)))
      (local.set $columns (i32.add (local.get $columns) (i32.const 8)))
      (local.set $out (i32.add (local.get $out) (i32.const 6)))
      (br_if $pixel (i32.lt_u (local.get $columns) (local.get $end)))))

  ;; Blends two rows of `resizeRow` to `length` bytes; `weight` is the lower row's, in 1/2048.
  ;;
  ;; Each row's share is cut to 1/4 of a level before the two are added and rounded.
  (func (export "blendRows")
    (param $upper i32) (param $lower i32) (param $weight i32) (param $length i32) (param $out i32)
    (local $end i32)
    (local $upperWeight v128) (local $lowerWeight v128) (local $upperEight v128) (local $lowerEight v128)
    (local.set $end (i32.add (local.get $out) (local.get $length)))
    (local.set $upperWeight (i16x8.splat (i32.sub (i32.const 2048) (local.get $weight))))
    (local.set $lowerWeight (i16x8.splat (local.get $weight)))
    (loop $eight
      (local.set $upperEight (v128.load (local.get $upper)))
      (local.set $lowerEight (v128.load (local.get $lower)))
      (v128.store64_lane 0 (local.get $out)
        (i8x16.narrow_i16x8_u
          (i16x8.shr_u
            (i16x8.add
              (i16x8.narrow_i32x4_s
                (i32x4.add
                  (i32x4.shr_u
                    (i32x4.extmul_low_i16x8_s (local.get $upperEight) (local.get $upperWeight))
                    (i32.const 16))
                  (i32x4.shr_u
                    (i32x4.extmul_low_i16x8_s (local.get $lowerEight) (local.get $lowerWeight))
                    (i32.const 16)))
                (i32x4.add
                  (i32x4.shr_u
                    (i32x4.extmul_high_i16x8_s (local.get $upperEight) (local.get $upperWeight))
                    (i32.const 16))
                  (i32x4.shr_u
                    (i32x4.extmul_high_i16x8_s (local.get $lowerEight) (local.get $lowerWeight))
                    (i32.const 16))))
              (v128.const i16x8 2 2 2 2 2 2 2 2))
            (i32.const 2))
          (v128.const i32x4 0 0 0 0)))
      (local.set $upper (i32.add (local.get $upper) (i32.const 16)))
      (local.set $lower (i32.add (local.get $lower) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 8)))
      (br_if $eight (i32.lt_u (local.get $out) (local.get $end))))))
