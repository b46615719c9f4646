using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadLab.Compute;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>How far a prediction is.</summary>
/// <param name="Rows">In the file.</param>
/// <param name="Total">There will be; of a shard only an estimate until the end.</param>
/// <param name="RowsPerSecond">Of this process, without what was there before.</param>
public readonly record struct PredictionProgress(long Rows, long Total, double RowsPerSecond);

/// <summary>What a prediction has done.</summary>
/// <param name="Rows">In the file.</param>
/// <param name="Added">By this process.</param>
/// <param name="LeftOut">Of those added: too long to answer; their rows say so.</param>
/// <param name="Abstained">Of those added: no label was likely enough.</param>
public sealed record PredictionResult(long Rows, long Added, long LeftOut, long Abstained, double Seconds)
{
    public double RowsPerSecond => Seconds > 0 ? Added / Seconds : 0;
}

/// <summary>
/// Answers the records of a file with a model, row by row: no record stays in memory, only a hash of each id, about 25 bytes, while the input is checked for ids that come twice.
/// Stopped at any moment and started again, it ends with the same bytes.
/// </summary>
public sealed class BatchPrediction
{
    private readonly PredictionModel _model;
    private readonly PromptRecords _records;
    private readonly PredictionSettings _settings;
    private readonly ExampleEncoder _encoder;
    private readonly JsonObject _about;
    private readonly long _total;

    /// <summary>Looks through the whole input first: an id that comes twice is found before anything is computed.</summary>
    /// <exception cref="DataFormatException">A record cannot be read, or an id comes twice.</exception>
    /// <exception cref="RecipeException">The settings are impossible.</exception>
    public BatchPrediction(PredictionModel model, PromptRecords records, PredictionSettings settings, PredictionOrigin origin, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(records);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(origin);
        settings.Check();
        if (settings.ContextTokens > model.Positions) throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"context: must be at most {model.Positions}, the positions that {model.BaseName} knows, got {settings.ContextTokens}."));
        (_model, _records, _settings) = (model, records, settings);
        var found = records.Check(settings.Limit, cancellation);
        if (found.Task is { } task && task != settings.Task) throw new RecipeException($"task: the records were prepared for {task}, not for {settings.Task}.");
        _total = found.Records / settings.Shard.Of;
        _encoder = new ExampleEncoder(model.Tokenizer, settings.ContextTokens);
        var prompt = settings.ToJson(ReferenceEquals(ExampleEncoder.TemplateOf(model.Tokenizer), ChatTemplate.Llama3) ? "llama3" : "llama2", model.Base.VocabularySha256);
        _about = new JsonObject
        {
            ["format"] = 1,
            ["base"] = new JsonObject { ["model"] = model.BaseName, ["weights_sha256"] = model.Base.WeightsSha256, ["tokenizer_sha256"] = model.Base.TokenizerSha256 },
            ["adapter"] = new JsonObject { ["sha256"] = model.AdapterSha256, ["registered"] = model.Registered },
            ["storage"] = new JsonObject { ["linears"] = model.Storage.Linears.ToString() },
            ["prompt"] = new JsonObject { ["sha256"] = PredictionSettings.HashOf(prompt), ["settings"] = prompt },
            ["data"] = origin.ToJson(),
            ["software"] = typeof(BatchPrediction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        };
    }

    /// <summary>Writes the rows that are not there yet.</summary>
    /// <param name="output">The file; with <c>.about.json</c> added, what made it.</param>
    /// <param name="batch">Records that are answered at once. The rows do not depend on it.</param>
    /// <param name="note">Told what the user should know.</param>
    /// <exception cref="OperationCanceledException">Interrupted: the rows so far are in the file, and the same call goes on with them.</exception>
    /// <exception cref="RecipeException">The file was begun with another model, adapter, prompt or input.</exception>
    public PredictionResult Run(Engine engine, string output, int batch, Action<PredictionProgress>? progress = null, Action<string>? note = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        using var file = PredictionFile.Open(output, _about);
        using var model = Load(engine, file, note);
        var predictor = _settings.Labels.Count > 0 ? null : new Predictor(model, _encoder, _settings.AnswerTokens, new AnswerSettings { Beams = _settings.Beams, PriorCorrection = _settings.PriorCorrection }, _model.Prompting?.Prior);
        var chooser = _settings.Labels.Count > 0 ? new LabelChooser(model, _encoder, _settings.Labels, _settings.ThroughProblems, _settings.Task) : null;
        long rows = 0, added = 0, leftOut = 0, abstained = 0, start = Stopwatch.GetTimestamp();
        var pending = new List<Row>(batch);
        try
        {
            foreach (var (record, line) in Mine(cancellation))
            {
                var example = ExampleOf(record);
                int[]? prompt = chooser is null ? predictor!.Prompt(example) : chooser.Prompt(example);
                string hash = HashOf(prompt);
                var old = file.ReadOld(rows + pending.Count + 1);
                if (old is { } there && (there.Id != record.Id || there.Prompt != hash))
                    throw new RecipeException(string.Create(CultureInfo.InvariantCulture, $"--out {output}:{rows + pending.Count + 1}: is not the row of line {line} of the input: its {(there.Id != record.Id ? "id" : "prompt")} is another one; the input has changed: restore it, or choose another file."));
                pending.Add(new Row(example, prompt, hash, old is not null));
                if (pending.Count == batch) Answer();
            }
            if (pending.Count > 0) Answer();
            if (file.ReadOld(rows + 1) is not null) throw new RecipeException($"--out {output}: has more rows than the input has records; the input has changed: restore it, or choose another file.");
            file.Flush(now: true);
        }
        catch (OperationCanceledException)
        {
            file.Flush(now: true);
            throw;
        }
        return new PredictionResult(rows, added, leftOut, abstained, Stopwatch.GetElapsedTime(start).TotalSeconds);

        // a batch is computed as a whole even where some of it is there: so its numbers never depend on where a run was stopped
        void Answer()
        {
            if (pending.Exists(r => !r.Written))
            {
                foreach (var (row, write) in chooser is null ? Written(predictor!, pending) : Chosen(chooser, pending))
                {
                    if (row.Written) continue;
                    file.Write(write);
                    added++;
                    if (row.Prompt is null) leftOut++;
                    if (row.Abstained) abstained++;
                }
                file.Flush();
            }
            rows += pending.Count;
            pending.Clear();
            progress?.Invoke(new PredictionProgress(rows, _total, added / Math.Max(1e-9, Stopwatch.GetElapsedTime(start).TotalSeconds)));
        }
    }

    private LlamaModel Load(Engine engine, PredictionFile file, Action<string>? note)
    {
        try
        {
            return _model.Load(engine, note);
        }
        catch
        {
            file.Forget();   // such as an adapter of another base: nothing was begun
            throw;
        }
    }

    private IEnumerable<(PromptRecord Record, long Line)> Mine(CancellationToken cancellation)
    {
        long count = 0;
        foreach (var item in _records.Read())
        {
            if (count++ == _settings.Limit) yield break;
            if ((count & 0xFF) == 0) cancellation.ThrowIfCancellationRequested();
            if (_settings.Shard.Has(item.Record.Id)) yield return item;
        }
    }

    private PromptExample ExampleOf(PromptRecord record) =>
        new() { Id = record.Id, Task = _settings.Task, Split = "test", Instruction = record.Instruction ?? _settings.Instruction, Input = record.Input, Answer = "" };

    private IEnumerable<(Row Row, Action<Utf8JsonWriter> Write)> Written(Predictor predictor, List<Row> rows)
    {
        int[][] prompts = [.. rows.Where(r => r.Prompt is not null).Select(r => r.Prompt!)];
        var answers = prompts.Length > 0 ? predictor.Answer(prompts) : [];
        int next = 0;
        foreach (var row in rows)
        {
            var answer = row.Prompt is null ? default : answers[next++];
            yield return (row, json => Line(json, row, row.Prompt is null ? null : PromptTemplate.Read(_settings.Task, answer.Text), () =>
            {
                if (row.Prompt is not null) json.WriteBoolean("complete", answer.Ended);
            }));
        }
    }

    private IEnumerable<(Row Row, Action<Utf8JsonWriter> Write)> Chosen(LabelChooser chooser, List<Row> rows)
    {
        Row[] asked = [.. rows.Where(r => !r.Written && r.Prompt is not null)];   // what one record is given does not depend on the others
        var choices = chooser.Choose([.. asked.Select(r => r.Example)]);
        int next = 0;
        foreach (var row in rows)
        {
            if (row.Written) continue;
            var choice = row.Prompt is null ? null : choices[next++];
            row.Abstained = choice is not null && choice.Probability < _settings.AbstainBelow;
            yield return (row, json => Line(json, row, choice is null || row.Abstained ? null : chooser.Labels[choice.Scores.Best], () =>
            {
                if (choice is null) return;
                json.WriteBoolean("abstained", row.Abstained);
                if (choice.Problems is not null)
                {
                    json.WriteString("problems", choice.Problems);
                    json.WriteNumber("problems_probability", Math.Round((decimal)choice.ProblemsProbability, 6));
                }
                json.WriteStartObject("probabilities");
                foreach (int label in Enumerable.Range(0, chooser.Labels.Count).OrderByDescending(i => choice.Scores.Probabilities[i]).ThenBy(i => i)) json.WriteNumber(chooser.Labels[label], Math.Round((decimal)choice.Scores.Probabilities[label], 6));
                json.WriteEndObject();
            }));
        }
    }

    private void Line(Utf8JsonWriter json, Row row, string? answer, Action more)
    {
        json.WriteString("id", row.Id);
        json.WriteString("answer", answer);
        if (row.Prompt is null) json.WriteString("left_out", "too little of the input would fit");
        more();
        json.WriteString("base", _model.Base.WeightsSha256);
        json.WriteString("adapter", _model.AdapterSha256);
        if (_model.Registered is { } registered) json.WriteString("registered", registered);
        json.WriteString("prompt", row.PromptSha256);
    }

    // of the ids that the model reads, four bytes each, little-endian; of nothing where the record is left out
    private static string HashOf(int[]? prompt)
    {
        byte[] bytes = new byte[4 * (prompt?.Length ?? 0)];
        for (int i = 0; i < bytes.Length; i += 4) System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(i), prompt![i / 4]);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    private sealed class Row(PromptExample example, int[]? prompt, string promptSha256, bool written)
    {
        public PromptExample Example => example;

        public string Id => example.Id;

        public int[]? Prompt => prompt;

        public string PromptSha256 => promptSha256;

        public bool Written => written;

        public bool Abstained { get; set; }
    }
}
