import ArgumentParser
import PercussBlueZ
import PercussCapture
import PercussClient
import PercussDBus
import PercussTime
import Synchronization

/// `percuss capture record FILE`: a capture of an adapter, or of a link of our own.
struct CaptureRecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Write a capture: of a whole adapter, or of a device that reports.",
    discussion: """
      Without --device it records all that goes between this computer's kernel and its Bluetooth adapters, as btmon -w \
      does; that takes root or the capability CAP_NET_RAW. With --device it connects to the device and records what \
      that reports, which works everywhere; the other commands do the same with --capture.

      The file is a btsnoop with data link 2001, for Wireshark, btmon and percuss capture. What a link does not know \
      (handles, discovery, the parts of long values, HCI) is reconstructed in a recording of one.
      """)

  @Argument(help: "The file to write; what it held is gone.")
  var file: String

  @Option(
    name: .customLong("for"),
    help: "How long to record, 100ms to 24h; without it until Ctrl-C, or 10s of virtual time.")
  var length: DurationArgument?

  @OptionGroup var device: DeviceOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if let length, !(.milliseconds(100) ... .seconds(86_400)).contains(length.duration) {
      throw ValidationError("--for is 100ms to 24h.")
    }
    if device.device == nil, let given = device.simulation.given {
      throw ValidationError("\(given) goes with --device; without it a whole adapter is recorded.")
    }
  }

  func run() throws {
    try reportingFailures(asJSON: output.json) {
      let interruption = Interruption()
      let line = try device.device == nil ? recordAdapters(until: interruption) : recordLink(until: interruption)
      output.json ? say(JSONLine.text(line)) : say("\(file): \(line.records) records in \(seconds(line.durationUs))")
    }
  }

  /// What `--json` prints; see `protocol-spec/output.md`.
  struct Line: Encodable {
    let type = "recording"
    let file: String
    let source: String
    let records: Int
    let lost: Int
    let leftOut: Int
    let durationUs: Int64

    init(_ file: String, of source: String, _ summary: CaptureRecording.Summary, _ duration: Duration) {
      self.file = file
      self.source = source
      (records, lost, leftOut) = (summary.records, summary.lost, summary.leftOut)
      durationUs = duration.wholeMicroseconds
    }
  }

  private func seconds(_ microseconds: Int64) -> String {
    let tenths = microseconds / 100_000
    return "\(tenths / 10).\(tenths % 10) s"
  }

  // MARK: A link

  private func recordLink(until interruption: Interruption) throws -> Line {
    let opened = try OpenedDevice(device, recordingIn: file)
    defer { opened.close() }
    let length = length?.duration ?? (opened.isVirtualTime ? .seconds(10) : nil)
    let (duration, isConnected) = try opened.run(until: interruption) { bench in
      let start = bench.timeline.now
      let listening = bench.timeline.start {
        while await bench.device.isConnected {
          let now = bench.timeline.now
          let end = length.map { start.advanced(by: $0) } ?? .distantFuture
          guard now < end else { return }
          try await bench.timeline.sleep(until: min(end, now.advanced(by: .milliseconds(100))))
        }
      }
      interruption.whenInterrupted { listening.cancel() }
      _ = await listening.result
      return (start.duration(to: bench.timeline.now), await bench.device.isConnected)
    }
    guard let summary = try opened.finishRecording(), isConnected else {
      throw CommandFailure(
        .missedOrLost, "percuss: the connection ended; “\(file)” has what came before. Connect again")
    }
    return Line(file, of: device.selection.description, summary, duration)
  }

  // MARK: Adapters

  private func recordAdapters(until interruption: Interruption) throws -> Line {
    let timeline = RealTimeline()
    defer { timeline.shutDown() }
    let watch = AdapterWatch(try device.adapter.selection)
    let start = timeline.now
    let progress = RecordingProgress(isShown: !output.json && Terminal.ofStandardOutput().isInteractive)
    let file = try timeline.run { [path = file, length = length?.duration] in
      // The channel first: without it no file is written over. Its first message comes when this has given up the timeline.
      let channel = try watch.open(on: timeline)
      defer { channel.close() }
      let file = try FileRecording(
        path, besides: "-", on: timeline, isVirtualTime: false, note: "the kernel's monitor channel, every packet")
      watch.begin(into: file.recording)
      let waiting = timeline.start {
        while watch.end == nil {
          let elapsed = start.duration(to: timeline.now)
          guard length.map({ elapsed < $0 }) ?? true else { return }
          // The adapters that are there are told at once.
          if elapsed > .seconds(1), let missing = watch.missing {
            throw CommandFailure(.noDevice, "percuss: there is no adapter \(missing); bluetoothctl list shows them")
          }
          progress.show(file.recording.count, after: elapsed)
          try await timeline.sleep(for: min(.milliseconds(100), length.map { $0 - elapsed } ?? .milliseconds(100)))
        }
      }
      interruption.whenInterrupted { waiting.cancel() }
      if case .failure(let failure as CommandFailure) = await waiting.result { throw failure }
      return file
    }
    progress.erase()
    let summary = try file.finish()
    if let end = watch.end {
      throw CommandFailure(
        .missedOrLost, "percuss: the monitor channel ended: \(end); “\(file.path)” has what came before")
    }
    return Line(file.path, of: "monitor", summary, start.duration(to: timeline.now))
  }
}

/// Hands what the monitor channel tells of the adapters that are meant to a recording.
private final class AdapterWatch: Sendable {
  private struct State {
    var filter: AdapterFilter
    var recording: CaptureRecording?
    var end: String?
  }

  private let state: Mutex<State>

  init(_ selection: AdapterSelection) { state = Mutex(State(filter: AdapterFilter(selection))) }

  /// Why nothing more will come.
  var end: String? { state.withLock { $0.end } }
  /// See ``AdapterFilter``.
  var missing: String? { state.withLock { $0.filter.missing } }

  func begin(into recording: CaptureRecording) { state.withLock { $0.recording = recording } }

  func open(on timeline: RealTimeline) throws -> MonitorChannel {
    do {
      return try MonitorChannel(on: timeline) { reason in
        self.state.withLock { $0.end = reason }
      } handler: { packet in
        self.record(packet)
      }
    } catch {
      throw CommandFailure(
        .noDevice,
        "percuss: \(error)\n  A command's own conversation can always be recorded: --capture FILE, or capture record --device"
      )
    }
  }

  private func record(_ packet: MonitoredPacket) {
    let recording = state.withLock { state in state.filter.takes(packet) ? state.recording : nil }
    recording?.record {
      $0.append(packet.bytes.span.bytes, monitorOpcode: packet.opcode, index: packet.index, time: packet.time)
    }
  }
}

/// Which messages of the monitor channel are about the adapter that is meant.
struct AdapterFilter {
  private let selection: AdapterSelection
  private var index: UInt16?

  init(_ selection: AdapterSelection) { self.selection = selection }

  /// The adapter that was not seen; nil when all are meant, or it was.
  var missing: String? { selection == .default || index != nil ? nil : selection.description }

  /// An adapter's messages begin with one that tells its address and name.
  mutating func takes(_ packet: MonitoredPacket) -> Bool {
    if packet.opcode == 0, packet.bytes.count >= 16 {
      let address = BluetoothAddress(littleEndian: packet.bytes[2..<8])
      let name = String(decoding: packet.bytes[8..<16].prefix { $0 != 0 }, as: UTF8.self)
      switch selection {
      case .default: break
      case .address(let wanted): if wanted == address { index = packet.index }
      case .name(let wanted): if wanted == name { index = packet.index }
      }
    }
    return selection == .default || packet.index == .max || packet.index == index
  }
}

/// How far a recording is, on a terminal, twice a second at most.
private final class RecordingProgress: Sendable {
  private let isShown: Bool
  private let last = Mutex(Duration.seconds(-1))

  init(isShown: Bool) { self.isShown = isShown }

  func show(_ count: Int, after elapsed: Duration) {
    guard isShown else { return }
    let isDue = last.withLock { last in
      guard elapsed - last >= .milliseconds(500) else { return false }
      last = elapsed
      return true
    }
    if isDue {
      say("\r\u{1B}[2K\(count) records, \(elapsed.wholeMilliseconds / 1000) s; Ctrl-C ends it", terminator: "")
    }
  }

  func erase() {
    if isShown { say("\r\u{1B}[2K", terminator: "") }
  }
}
