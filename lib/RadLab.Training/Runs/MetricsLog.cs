using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace RadLab.Training;

/// <summary>What one step took.</summary>
/// <param name="Seconds">By the clock.</param>
/// <param name="ProcessorSeconds">Of all processors, over the whole process.</param>
/// <param name="LiveBytes">The engine's memory after it.</param>
/// <param name="PeakBytes">The engine's highest since the process began or resumed the run.</param>
public readonly record struct StepCost(double Seconds, double ProcessorSeconds, long LiveBytes, long PeakBytes);

/// <summary><c>metrics.jsonl</c>: one line of numbers per step and per evaluation. What depends on clock and machine stands in <see cref="StepCost"/> alone; all else is the same in every run.</summary>
public sealed class MetricsLog : IDisposable
{
    public const string FileName = "metrics.jsonl";

    private const string EvaluationKind = "validation";

    private readonly FileStream _stream;

    private MetricsLog(FileStream stream) => _stream = stream;

    /// <summary>Opens the log behind a step: lines of later steps, which a resumed run repeats, and a line cut by a crash are removed.</summary>
    /// <param name="afterStep">Steps that stay.</param>
    /// <param name="evaluated">Whether the evaluation after that step stays; false: it is repeated as well.</param>
    public static MetricsLog Open(string folder, long afterStep, bool evaluated = true)
    {
        string path = Path.Combine(folder, FileName);
        var stream = OpenFile(path);
        try
        {
            stream.SetLength(EndOf(stream, afterStep, evaluated));
            stream.Seek(0, SeekOrigin.End);
            return new MetricsLog(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    public void Step(long step, StepResult result, double learningRate, StepCost cost) => Line(step, "train",
        ("loss", result.Loss), ("learning_rate", learningRate), ("gradient_norm", result.GradientNorm), ("tokens", result.Tokens), ("counted", result.Counted),
        ("tokens_per_s", cost.Seconds > 0 ? result.Tokens / cost.Seconds : 0), ("seconds", cost.Seconds), ("processor_seconds", cost.ProcessorSeconds), ("live_bytes", cost.LiveBytes), ("peak_bytes", cost.PeakBytes));

    public void Evaluation(long step, double loss, int texts) => Line(step, EvaluationKind, ("loss", loss), ("texts", texts));

    /// <summary>Brings all lines to the disk.</summary>
    public void Flush() => _stream.Flush(flushToDisk: true);

    public void Dispose() => _stream.Dispose();

    // a line goes out in one write, so that a crash leaves whole lines and at most one cut one
    private void Line(long step, string kind, params ReadOnlySpan<(string Name, double Value)> values)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("step", step);
            json.WriteString("kind", kind);
            foreach (var (name, value) in values)
            {
                if (double.IsFinite(value)) json.WriteNumber(name, value);
                else json.WriteNull(name);
            }
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        try
        {
            _stream.Write(buffer.WrittenSpan);
        }
        catch (IOException e)
        {
            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{_stream.Name}: the line of step {step} could not be written ({e.Message}); the checkpoints are whole: make room, then resume."), e);
        }
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: cannot be written ({e.Message}); the run's folder must be writable and the run in no other process.", e);
        }
    }

    private static long EndOf(FileStream stream, long afterStep, bool evaluated)
    {
        stream.Seek(0, SeekOrigin.Begin);
        var line = new List<byte>();
        long end = 0, at = 0;
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            foreach (byte b in buffer.AsSpan(0, read))
            {
                at++;
                if (b != (byte)'\n')
                {
                    line.Add(b);
                    continue;
                }
                if (StepOf(line) is not var (step, isEvaluation) || step > afterStep || (step == afterStep && isEvaluation && !evaluated)) return end;
                line.Clear();
                end = at;
            }
        }
        return end;
    }

    private static (long Step, bool IsEvaluation)? StepOf(List<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line.ToArray(), new JsonDocumentOptions { MaxDepth = 2 });
            return (json.RootElement.GetProperty("step").GetInt64(), json.RootElement.GetProperty("kind").ValueEquals(EvaluationKind));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
