/// A motion trace in columns of equal time: the mean of the samples that fall into one, or the straight line between its neighbours where none does.
struct MotionColumns {
  /// Speed in PPM; nil where nothing is known.
  private(set) var speed: [Int?]
  /// Force in 0.1 N; nil where nothing is known.
  private(set) var force: [Int?]
  private let start: Int64
  private let end: Int64

  /// No line is drawn across a longer silence than this, in microseconds.
  private static let longestGap: Int64 = 5_000_000

  init(_ samples: [MotionSample], count: Int, from start: Int64, to end: Int64) {
    self.start = start
    self.end = max(end, start + 1)
    speed = Array(repeating: nil, count: count)
    force = speed
    let width = Double(self.end - start) / Double(max(1, count))
    var sums = Array(repeating: (speed: 0, force: 0, count: 0), count: count)
    for sample in samples where sample.timeMicroseconds >= start && sample.timeMicroseconds < self.end {
      let column = min(count - 1, Int(Double(sample.timeMicroseconds - start) / width))
      sums[column].speed &+= sample.speedPPM
      sums[column].force &+= sample.forceDecinewtons
      sums[column].count += 1
    }
    var next = 0
    for column in 0..<count {
      if sums[column].count > 0 {
        speed[column] = sums[column].speed / sums[column].count
        force[column] = sums[column].force / sums[column].count
        continue
      }
      let time = middle(of: column)
      while next < samples.count, samples[next].timeMicroseconds < time { next += 1 }
      guard next > 0, next < samples.count else { continue }
      let (before, after) = (samples[next - 1], samples[next])
      let gap = after.timeMicroseconds - before.timeMicroseconds
      guard gap > 0, gap <= max(Self.longestGap, Int64(2 * width)) else { continue }
      let part = Double(time - before.timeMicroseconds) / Double(gap)
      speed[column] = before.speedPPM + Int((Double(after.speedPPM - before.speedPPM) * part).rounded())
      force[column] =
        before.forceDecinewtons + Int((Double(after.forceDecinewtons - before.forceDecinewtons) * part).rounded())
    }
  }

  /// The instant in the middle of a column, in microseconds.
  func middle(of column: Int) -> Int64 {
    start + Int64(Double(end - start) * (Double(column) + 0.5) / Double(max(1, speed.count)))
  }
}
