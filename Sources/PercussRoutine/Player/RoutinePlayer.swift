internal import PercussClient
internal import PercussTime
internal import PercussWire
internal import Synchronization

/// Plays a plan on a device and brings back the evidence.
///
/// ```swift
/// let player = RoutinePlayer(plan, on: device, context: context) { step in await operatorConfirms(step) }
/// let report = await player.play()
/// ```
///
/// - It never throws: every ending, good or bad, is a report. Every wait in it is bounded, that for the operator by the step's time-out.
/// - When the calling task is cancelled, the motor is stopped and watched until it rests; the report then says `stopped` with the steps so far.
/// - When the link is lost, the run is over: nothing is resumed.
/// - Whatever fails, its last act is to stop the motor, unless the device has ended the routine itself or another central holds it.
/// - A streamed run can be paused, resumed, moved to another place and edited where the device has no steps yet, while it plays.
///
/// What it decides is decided by ``PlayerSession``.
public final class RoutinePlayer<D: RoutineDevice>: Sendable {
  /// How many elements of ``progress`` wait for a slow consumer; older ones are dropped.
  public static var progressLimit: Int { 64 }

  /// What the run has to tell while it goes on; one consumer. The last element is `.finished`.
  public let progress: AsyncStream<RunProgress>

  private let run: PlayerRun<D>

  /// A player for one run.
  ///
  /// - Parameters:
  ///   - confirm: asked when a step waits for the operator: true goes on, false stops the run. Its task is cancelled when the answer is no longer wanted,
  ///     because the button was faster or the time is over.
  public init(
    _ plan: Plan, on device: D, context: RunContext, options: PlayerOptions = PlayerOptions(),
    confirm: @escaping @Sendable (WaitingStep) async -> Bool
  ) {
    let teller: AsyncStream<RunProgress>.Continuation
    (progress, teller) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.progressLimit))
    run = PlayerRun(plan, device: device, context: context, options: options, confirm: confirm, teller: teller)
  }

  /// Plays the plan, once. Call it on the device's timeline.
  public func play() async -> RunReport {
    await withTaskCancellationHandler {
      await run.play()
    } onCancel: {
      run.enter(.cancelled)
    }
  }

  // MARK: Steering a streamed run

  /// Ramps to rest and holds the place, for an hour at most. Streamed mode.
  ///
  /// - Throws: ``SteeringError`` when the run does not play, or does not stream; it goes on as it was.
  public func pause() async throws(SteeringError) { try await run.steer(.pause) }

  /// Goes on from where ``pause()`` held.
  public func resume() async throws(SteeringError) { try await run.steer(.resume) }

  /// Goes on at another place of the plan's nominal time, also from a pause. The motor ramps to rest in between.
  ///
  /// - Throws: ``SteeringError`` when the run does not play, or the place is in a wait or beyond the end.
  public func seek(to offset: Duration) async throws(SteeringError) {
    try await run.steer(.seek(offset.wholeMilliseconds))
  }

  /// Plays another plan, compiled for the same device and mode, from the first step on that the device does not have yet: that is about the look-ahead and a second
  /// away. What comes before must be the same in both.
  ///
  /// - Throws: ``SteeringError`` where it is not; the run goes on as it was.
  public func replacePlan(with plan: Plan) async throws(SteeringError) { try await run.steer(.replace(plan)) }
}

/// One run: carries out what the session decides. Everything happens on the device's timeline.
private actor PlayerRun<D: RoutineDevice> {
  private nonisolated let timeline: any Timeline
  private nonisolated let device: D
  private nonisolated let confirm: @Sendable (WaitingStep) async -> Bool
  private nonisolated let teller: AsyncStream<RunProgress>.Continuation
  private let context: RunContext
  private let segments: [RoutineSegment]
  private var session: PlayerSession
  private var timer: ScheduledAction?
  private var armedFor: MonotonicInstant?
  private var asking: Task<Void, any Error>?
  private var listening: [Task<Void, any Error>] = []
  private var ending: CheckedContinuation<Void, Never>?
  private var isOver = false
  private var steerings: [Int: CheckedContinuation<Result<Void, SteeringError>, Never>] = [:]
  private var nextSteering = 0

  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  init(
    _ plan: Plan, device: D, context: RunContext, options: PlayerOptions,
    confirm: @escaping @Sendable (WaitingStep) async -> Bool, teller: AsyncStream<RunProgress>.Continuation
  ) {
    timeline = device.timeline
    self.device = device
    self.context = context
    self.confirm = confirm
    self.teller = teller
    segments = plan.steps.map(\.segment)
    session = PlayerSession(
      plan, feature: device.feature, options: options,
      connectionInterval: context.link.connectionIntervalMicroseconds, hasLease: device.hasLease)
  }

  func play() async -> RunReport {
    let before = await device.statistics
    listen()
    handle(.begin)
    await withCheckedContinuation { continuation in
      if isOver { continuation.resume() } else { ending = continuation }
    }
    for task in listening { task.cancel() }
    asking?.cancel()
    timer?.cancel()
    teller.finish()
    return session.report(context, statistics: await device.statistics.counts(since: before), at: timeline.now)
  }

  /// From anywhere, in any task: runs on the timeline, after what is ready there.
  nonisolated func enter(_ input: PlayerSession.Input) {
    timeline.schedule(at: .zero) { [self] in assumeIsolated { $0.handle(input) } }
  }

  /// Both sequences begin before the first request, so that nothing goes by unseen.
  private func listen() {
    let (events, telemetry) = (device.events, device.telemetry)
    listening.append(
      timeline.start { [weak self] in
        for await event in events { await self?.handle(.event(event)) }
      })
    listening.append(
      timeline.start { [weak self] in
        for await sample in telemetry {
          await self?.handle(.telemetry(sample.telemetry, receivedAt: sample.receivedAt))
        }
      })
    listening.append(
      timeline.start { [device, weak self] in
        await device.followClock { [weak self] clock in await self?.handle(.clock(clock)) }
      })
    guard session.stream != nil else { return }
    let credits = device.streamCredits
    listening.append(
      timeline.start { [weak self] in
        for await credit in credits { await self?.handle(.credit(credit)) }
      })
  }

  func steer(_ what: Steering) async throws(SteeringError) {
    let id = nextSteering
    nextSteering += 1
    let result = await withCheckedContinuation { continuation in
      steerings[id] = continuation
      if isOver { answer(id, .failure(SteeringError(description: "The run has ended."))) }
      handle(.steer(id, what))
    }
    try result.get()
  }

  private func answer(_ id: Int, _ result: Result<Void, SteeringError>) {
    steerings.removeValue(forKey: id)?.resume(returning: result)
  }

  private func handle(_ input: PlayerSession.Input) {
    for action in session.handle(input, at: timeline.now) {
      switch action {
      case .tell(let progress): teller.yield(progress)
      case .perform(let operation): perform(operation)
      case .performTimed(let operation, let timing): perform(operation, timing)
      case .upload: upload()
      case .stream(let step): queue(step)
      case .steered(let id, let result): answer(id, result)
      case .ask(let step): ask(step)
      case .stopAsking:
        asking?.cancel()
        asking = nil
      case .finish:
        isOver = true
        ending?.resume()
        ending = nil
      }
    }
    armTimer()
  }

  private func queue(_ step: StreamedStep) {
    timeline.start { [device, weak self] in
      let result: Result<Void, DeviceError>
      do throws(DeviceError) { result = .success(try await device.queue(step)) } catch { result = .failure(error) }
      await self?.handle(.queued(result))
    }
  }

  private func perform(_ operation: ControlRequest.Body) {
    // In a task that nobody cancels: a cancelled run still has to stop its motor.
    timeline.start { [device, weak self] in
      let result: Result<ControlResponse, DeviceError>
      do throws(DeviceError) { result = .success(try await device.perform(operation)) } catch {
        result = .failure(error)
      }
      await self?.handle(.performed(operation, result))
    }
  }

  private func perform(_ operation: ControlRequest.Body, _ timing: Session.Timing) {
    timeline.start { [device, weak self] in
      let result: Result<ControlResponse, DeviceError>
      do throws(DeviceError) {
        result = .success(
          try await device.perform(operation, timing: timing) { [weak self] instant in
            self?.assumeIsolated { $0.handle(.handedOver(operation, at: instant)) }
          })
      } catch { result = .failure(error) }
      await self?.handle(.performed(operation, result))
    }
  }

  private func upload() {
    let slot = session.options.slot
    timeline.start { [device, segments, weak self] in
      let result: Result<RoutineImage, DeviceError>
      do throws(DeviceError) {
        result = .success(try await device.upload(segments, to: slot, progress: nil))
      } catch { result = .failure(error) }
      await self?.handle(.uploaded(result))
    }
  }

  private func ask(_ step: WaitingStep) {
    asking = timeline.start { [confirm, weak self] in
      let isConfirmed = await confirm(step)
      // The answer of someone who was told to give up is no answer.
      guard !Task.isCancelled else { return }
      await self?.handle(.answered(step: step.index, isConfirmed: isConfirmed))
    }
  }

  private func armTimer() {
    let deadline = session.nextDeadline
    guard deadline != armedFor else { return }
    timer?.cancel()
    armedFor = deadline
    timer = deadline.map { deadline in
      timeline.schedule(at: deadline) { [weak self] in self?.assumeIsolated { $0.timePassed() } }
    }
  }

  private func timePassed() {
    armedFor = nil
    timer = nil
    handle(.timePassed)
  }
}
