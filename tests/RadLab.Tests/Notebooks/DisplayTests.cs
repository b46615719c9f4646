using RadLab.Compute;
using RadLab.Notebooks;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class DisplayTests
{
    private static TrainingProgress Progress(long step, double loss, double? validation = null) => new(step, 100, loss, 1e-3, 1, 10, 0, 0, TimeSpan.Zero, validation);

    private static string Text(System.Text.Json.Nodes.JsonNode? output) => string.Concat(output!["data"]!["text/plain"]!.AsArray().Select(l => (string)l!));

    [Fact]
    public void A_progress_bar_is_one_output_that_changes()
    {
        var output = new CellOutputs();
        using (CellOutput.Begin(output))
        {
            var bar = new ProgressBar(200, "reports");
            for (int i = 0; i < 200; i++) bar.Step();
        }
        var shown = Assert.Single(output.ToJson(1, null));
        Assert.Equal("reports: 200 of 200 (100 %)", Text(shown));
        Assert.Contains("<progress max=\"1\" value=\"1\">", shown!["data"]!["text/html"]!.ToJsonString().Replace("\\u003C", "<", StringComparison.Ordinal).Replace("\\u0022", "\"", StringComparison.Ordinal).Replace("\\u003E", ">", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void The_live_chart_is_one_output_with_the_whole_curve_in_the_end()
    {
        var output = new CellOutputs();
        using (CellOutput.Begin(output))
        {
            var live = new LiveTrainingChart();
            for (int step = 1; step <= 100; step++) live.Report(Progress(step, 5.0 / step, step % 50 == 0 ? 1.0 : null));
            Assert.Equal(100, live.Chart().Series[0].Y.Count);
            Assert.Equal(2, live.Chart().Series[1].Y.Count);
        }
        var shown = Assert.Single(output.ToJson(1, null));
        Assert.StartsWith("Training: step 100 of 100, loss 0.0500\n", Text(shown), StringComparison.Ordinal);
        Assert.Contains("training: 100 values, first 5, last 0.0500", Text(shown), StringComparison.Ordinal);
    }

    [Fact]
    public void On_request_the_live_chart_shows_learning_rate_and_memory_below_the_loss()
    {
        var output = new CellOutputs();
        using (CellOutput.Begin(output))
        {
            var live = new LiveTrainingChart { Panels = true };
            for (int step = 1; step <= 4; step++) live.Report(Progress(step, 5.0 / step) with { TotalSteps = 4, LearningRate = step * 1e-4, LiveBytes = 2_000_000, PeakBytes = 3_000_000 });
            Assert.Equal(4, live.Chart().Series[0].Y.Count);
        }
        string text = Text(Assert.Single(output.ToJson(1, null)));
        Assert.StartsWith("Training: step 4 of 4, loss 1.2500\n", text, StringComparison.Ordinal);
        Assert.Contains("training: 4 values, first 5, last 1.25", text, StringComparison.Ordinal);
        Assert.Contains("\nLearning rate\n: 4 values, first 1e−4, last 4e−4", text, StringComparison.Ordinal);
        Assert.Contains("in use: 4 values, first 2", text, StringComparison.Ordinal);
        Assert.Contains("peak: 4 values, first 3", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_that_a_resumed_run_repeats_count_once()
    {
        using var _ = CellOutput.Begin(new CellOutputs());
        var live = new LiveTrainingChart();
        foreach (long step in new[] { 1, 2, 3, 2, 3, 4 }) live.Report(Progress(step, step + 0.5));
        Assert.Equal([1, 2, 3, 4], live.Chart().Series[0].X);
    }

    [Fact]
    public void A_tensor_shows_shape_type_range_and_a_small_picture()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var tensor = engine.From([-1f, 0, 0.5f, 2], [2, 2]);
        var bundle = Formatters.Format(tensor);
        Assert.Equal(["text/html", "text/plain"], bundle.Forms.Select(f => f.Key));
        Assert.Equal("Tensor (2, 2) F32 cpu, values -1 to 2, mean 0.375", bundle["text/plain"]);
        Assert.Contains("<td bgcolor=\"#80b9d9\" width=\"14\" height=\"14\"></td><td bgcolor=\"#ffffff\"", bundle["text/html"], StringComparison.Ordinal);
        tensor.Dispose();
        Assert.Equal("Tensor (freed)", Formatters.Format(tensor)["text/plain"]);
    }

    // What .NET Interactive asks of formatters, for every type of ours that carries the attribute.
    public static TheoryData<string> Displayed => [.. Session.Libraries().SelectMany(a => a.GetTypes()).Where(t => Attribute(t, inherit: false) is not null).Select(t => t.AssemblyQualifiedName!)];

    private static object? Attribute(Type type, bool inherit) => type.GetCustomAttributes(inherit).FirstOrDefault(a => a.GetType().Name == "TypeFormatterSourceAttribute");

    [Theory]
    [MemberData(nameof(Displayed))]
    public void Every_displayed_type_keeps_the_convention(string name)
    {
        var type = Type.GetType(name, throwOnError: true)!;
        Assert.False(type.IsInterface);
        object attribute = Attribute(type, inherit: false)!;
        var usage = (AttributeUsageAttribute)System.Attribute.GetCustomAttribute(attribute.GetType(), typeof(AttributeUsageAttribute))!;
        Assert.True(usage.Inherited && !usage.AllowMultiple);
        var source = Assert.IsAssignableFrom<Type>(attribute.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute));
        Assert.NotNull(source.GetConstructor(Type.EmptyTypes));
        Assert.Single(source.GetMethods(), m => m.Name == "CreateTypeFormatters");
        var formatters = ((System.Collections.IEnumerable)source.GetMethod("CreateTypeFormatters", Type.EmptyTypes)!.Invoke(Activator.CreateInstance(source), null)!).Cast<object>().ToList();
        var forms = new List<string>();
        foreach (object formatter in formatters)
        {
            var format = Assert.Single(formatter.GetType().GetMethods(), m => m.Name == "Format");
            Assert.Equal(typeof(bool), format.ReturnType);
            Assert.Equal([typeof(object), typeof(TextWriter)], format.GetParameters().Select(p => p.ParameterType));
            Assert.False((bool)format.Invoke(formatter, [new object(), TextWriter.Null])!);
            forms.Add((string)formatter.GetType().GetProperty("MimeType")!.GetValue(formatter)!);
        }
        // without a formatter .NET Interactive only knows three forms, and fails for all others
        var preferred = (string[])attribute.GetType().GetProperty("PreferredMimeTypes")!.GetValue(attribute)!;
        Assert.NotEmpty(preferred);
        Assert.Empty(preferred.Except(forms));
        Assert.DoesNotContain(preferred, string.IsNullOrWhiteSpace);
    }
}
