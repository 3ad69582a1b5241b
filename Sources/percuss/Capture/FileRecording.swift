import Foundation
import PercussCapture
import PercussTime

/// A capture that a command writes while it works.
///
/// It is created before anything moves. Whatever becomes of it later is told, and changes the exit status, but not the work.
final class FileRecording: Sendable {
  let path: String
  let recording: CaptureRecording

  /// - Parameters:
  ///   - input: the file that is read; it is not written over.
  ///   - note: what the capture says of itself; that of links unless given.
  /// - Throws: a failure with status 2 when it cannot be written.
  init(
    _ path: String, besides input: String, on timeline: any Timeline, isVirtualTime: Bool,
    note: String = CaptureRecording.reconstructionNote
  ) throws {
    // A file that has grown as long as this process may make one is an error of the write, not the end of the program.
    signal(SIGXFSZ, SIG_IGN)
    _ = try OutputFile(path, besides: input)
    let now = timeline.now
    do {
      recording = try CaptureRecording(
        path, by: PercussCommand.versionName, note: note,
        clock: isVirtualTime ? .virtual : RecordingClock(now, is: .ofSystem()), at: now, waits: isVirtualTime
      ) { reason in sayError("percuss: “\(path)” cannot be written any more: \(reason); the rest is not recorded") }
    } catch {
      throw CommandFailure(.usage, "percuss: “\(path)” cannot be written: \(error)")
    }
    self.path = path
  }

  /// Waits until the file is whole, at most 10 s, and tells what is missing in it.
  ///
  /// - Throws: a failure with status 70 when it could not be written to the end.
  @discardableResult
  func finish() throws -> CaptureRecording.Summary {
    let summary = recording.finish()
    if summary.lost > 0 {
      sayError("percuss: “\(path)”: \(summary.lost) records are missing: they came faster than it could be written")
    }
    if summary.leftOut > 0 {
      sayError(
        "percuss: “\(path)”: \(summary.leftOut) values are missing: nothing told which attributes they belong to")
    }
    if let failure = summary.failure {
      throw CommandFailure(.internalFault, "percuss: “\(path)” is not whole: \(failure)")
    }
    return summary
  }
}
