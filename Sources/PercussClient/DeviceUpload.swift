public import PercussWire
internal import PercussGATT
internal import PercussLink
internal import PercussTime

extension Device {
  /// Brings a routine into a slot, whole or not at all; needs control.
  ///
  /// Safe to repeat: what is stored already is not sent again, and an upload that was cut goes on where it stands, also over a new connection.
  /// A routine that plays from the slot is never replaced. Other calls, ``stop()`` above all, go on meanwhile.
  ///
  /// - Parameter progress: told how many bytes of how many the device has; called on the timeline.
  /// - Returns: what the slot now holds.
  /// - Throws: `.busy` while another upload is under way; `.uploadStalled` when more than 5 time-outs of 1 s bring no progress; `.refused` when the device cannot take it.
  @discardableResult
  public func upload(
    _ segments: [RoutineSegment], to slot: UInt8, progress: (@Sendable (Int, Int) -> Void)? = nil
  ) async throws(DeviceError) -> RoutineImage {
    let operation = "upload to slot \(slot)"
    try check(.request(.routineQuery(slot: slot)))
    let image = try RoutineImage(segments)
    guard slot < feature.routineSlots else {
      let slots = feature.routineSlots == 0 ? "no routine slots" : "slots 0 to \(feature.routineSlots - 1)"
      throw DeviceError(.invalidArgument("the device has \(slots)"), during: operation)
    }
    guard segments.count <= Int(feature.routineSteps) else {
      throw DeviceError(
        .invalidArgument("\(segments.count) segments are too many; the device stores \(feature.routineSteps)"),
        during: operation)
    }
    guard uploading == nil else { throw DeviceError(.busy(limit: 1), during: operation) }
    let mtu = await link.maximumTransmissionUnit
    guard uploading == nil else { throw DeviceError(.busy(limit: 1), during: operation) }
    uploading = RoutineUpload(image, slot: slot, maximumTransmissionUnit: mtu)
    defer { uploading = nil }

    var reported = -1
    while true {
      await letWriteEnd()
      guard let step = uploading?.next(at: timeline.now) else {
        throw DeviceError(.cancelled, during: operation)
      }
      if let acknowledged = uploading?.acknowledged, acknowledged != reported {
        reported = acknowledged
        progress?(acknowledged, image.bytes.count)
      }
      if Task.isCancelled { throw DeviceError(.cancelled, during: operation) }
      if let connectionEnd { throw DeviceError(.disconnected(connectionEnd), during: operation) }
      switch step {
      case .request(let body):
        let result: Result<ControlResponse, DeviceError>
        do throws(DeviceError) { result = .success(try await perform(body)) } catch { result = .failure(error) }
        uploading?.answered(result, at: timeline.now)
      case .chunk(let transfer, let range):
        try await writeChunk(image, transfer: transfer, range, during: operation)
      case .awaitCredit(let deadline):
        let arrival = Awaited<Void>()
        creditArrival = arrival
        await arrival.value(until: deadline, on: timeline)
        creditArrival = nil
      case .finished: return image
      case .failed(let error): throw error
      }
    }
  }

  private func writeChunk(
    _ image: RoutineImage, transfer: UInt8, _ range: Range<Int>, during operation: String
  ) async throws(DeviceError) {
    let value: [UInt8]
    do {
      value = try image.chunk(range, transfer: transfer)
    } catch {
      throw DeviceError(.invalidArgument("\(error)"), during: operation)
    }
    do {
      try await link.write(value, to: .percussRoutineData, type: .command)
    } catch {
      // A host without room for it dropped it: as if it had been lost on the way.
      if case .busy = error { return }
      throw DeviceError(link: error, during: operation)
    }
  }

  func received(_ status: RoutineStatus) {
    switch status.body {
    case .uploadCredit(let transfer, let nextOffset, let window):
      uploading?.credited(transfer: transfer, nextOffset: nextOffset, window: window, at: timeline.now)
      creditArrival?.resolve(())
    case .streamCredit(let nextIndex, let free):
      streamBroadcast.send(StreamCredit(nextIndex: nextIndex, free: free))
    }
  }
}
