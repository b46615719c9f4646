using System.Collections;
using System.Reflection;
using RadLab.Compute;
using RadLab.Notebooks;
using RadLab.Radiology;
using RadLab.Training;

namespace RadLab.Tests;

/// <summary>What .NET Interactive asks of a type that says how it is displayed, checked for every type of every library, by names alone.</summary>
public sealed class FormatterConformanceTests
{
    private static readonly string[] s_builtIn = ["text/html", "text/plain", "application/json"];

    public static TheoryData<Type> Displayed()
    {
        var types = new TheoryData<Type>();
        foreach (var type in Types()) types.Add(type);
        return types;
    }

    private static IEnumerable<Type> Types() => Session.Libraries().SelectMany(a => a.GetTypes()).Where(t => Attribute(t) is not null && !t.IsAbstract);

    private static object? Attribute(Type type) => type.GetCustomAttributes(inherit: true).SingleOrDefault(a => a.GetType().Name == "TypeFormatterSourceAttribute");

    private static object? Get(object owner, string property) => owner.GetType().GetProperty(property, BindingFlags.Public | BindingFlags.Instance)?.GetValue(owner);

    [Theory]
    [MemberData(nameof(Displayed))]
    public void A_displayed_type_fulfils_the_convention(Type type)
    {
        var attribute = Attribute(type)!;
        Assert.True(attribute.GetType().GetCustomAttribute<AttributeUsageAttribute>()!.Inherited);
        var source = Assert.IsAssignableFrom<Type>(Get(attribute, "FormatterSourceType"));
        Assert.NotNull(source.GetConstructor(Type.EmptyTypes));
        var create = Assert.Single(source.GetMethods(), m => m.Name == "CreateTypeFormatters");
        Assert.Empty(create.GetParameters());
        var formatters = Assert.IsAssignableFrom<IEnumerable>(create.Invoke(Activator.CreateInstance(source), null)).Cast<object>().ToList();
        var forms = new List<string>();
        foreach (object formatter in formatters)
        {
            var format = Assert.Single(formatter.GetType().GetMethods(), m => m.Name == "Format");   // an overload would be ambiguous
            Assert.Equal((typeof(bool), typeof(object), typeof(TextWriter)), (format.ReturnType, format.GetParameters()[0].ParameterType, format.GetParameters()[1].ParameterType));
            forms.Add(Assert.IsType<string>(Get(formatter, "MimeType")));
            Assert.False((bool)format.Invoke(formatter, [new object(), new StringWriter()])!, "a formatter must decline what is not its type");
        }
        string[] preferred = Assert.IsType<string[]>(Get(attribute, "PreferredMimeTypes"));
        Assert.NotEmpty(preferred);
        Assert.Contains("text/plain", preferred);
        Assert.All(preferred, p => Assert.Contains(p, forms.Concat(s_builtIn)));
        Assert.DoesNotContain(preferred, string.IsNullOrWhiteSpace);
    }

    [Fact]
    public void Tensors_reports_tables_charts_and_runs_have_the_convention()
    {
        var types = Types().ToHashSet();
        foreach (var type in new[] { typeof(Tensor), typeof(Report), typeof(ReportView), typeof(DataCard), typeof(LineChart), typeof(HeatMapChart), typeof(RunSummary), typeof(SqlTable) })
            Assert.Contains(type, types);
    }

    [Fact]
    public void A_tensor_shows_shape_type_place_and_a_map_of_its_values()
    {
        using var engine = new Engine(new EngineOptions { Threads = 1 });
        using var tensor = engine.From([-1f, 0f, 2f, 0.5f], [2, 2]);
        var shown = Formatters.Format(tensor);
        foreach (string part in new[] { "F32", tensor.Shape.ToString(), "values -1 to 2, mean 0.375" }) Assert.Contains(part, shown["text/html"], StringComparison.Ordinal);
        Assert.Equal(4, shown["text/html"]!.Split("bgcolor=").Length - 1);
        Assert.Contains("bgcolor=\"#ffffff\"", shown["text/html"], StringComparison.Ordinal);
        Assert.Contains("mean 0.375", shown["text/plain"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_shows_what_looks_like_an_identifier_and_what_a_labeler_finds()
    {
        var report = new Report { Id = "1", Source = "made-up", Findings = "Compared with Dr. John Smith on 03/14/2021. Small left pleural effusion. No pneumothorax." };
        var suspected = ReportView.Suspected(report);
        Assert.Contains(suspected.Highlights, h => h.Kind == HighlightKind.Flag && report.Findings.Substring(h.Start, h.Length).Contains("03/14/2021", StringComparison.Ordinal));
        Assert.Contains("<03/14/2021>", Formatters.Format(suspected)["text/plain"], StringComparison.Ordinal);
        var labelled = Formatters.Format(ReportView.Labelled(report, ObservationLabeler.CheXpert));
        Assert.Matches("\\[[a-z ]*effusion\\]", labelled["text/plain"]);
        Assert.Contains("title=\"Pneumothorax: Negative\"", labelled["text/html"], StringComparison.Ordinal);
    }
}
