using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>CT of the cervical and lumbar spine after trauma; radiographs of both.</summary>
internal static class SpineFilms
{
    private static ReportOrgan Bones(string region, string[] fractured, string[] slips, bool ct) => new("Bones and alignment")
    {
        Normals =
        [
            new(["vertebral fracture", "malalignment"], ["No acute fracture or traumatic malalignment.", "No fracture or subluxation.", "Vertebral bodies are intact and normally aligned.", "There is no fracture or listhesis."]) { Chance = 0.8 },
            new(["vertebral fracture"], ["Vertebral body heights are maintained.", "No acute fracture.", "Vertebral body heights are preserved."]) { Chance = 0.6 },
            new(["malalignment"], ["Alignment is anatomic.", $"Normal {region} alignment.", "Alignment is maintained."]) { Chance = 0.6 },
        ],
        Findings =
        [
            new("vertebral fracture") { OldNouns = ["chronic fracture", "old fracture"], Kinds = region == "cervical" ? ["fracture", "nondisplaced fracture"] : ["compression fracture", "burst fracture", "superior endplate fracture"], Places = fractured, At = region == "cervical" ? "of the {place}" : "of {place}", Traits = [new("detail", region == "cervical" ? ["without canal compromise", "with minimal displacement", "extending to the transverse foramen"] : ["without retropulsion", "with 20 percent loss of height", "with 40 percent loss of height and no retropulsion"])], Weight = 2.5, Rank = 3, Acute = true, Course = FindingCourse.Injury, Doubt = ct ? 0 : 0.15,
                Says = ["Acute {x} {at} {detail}{since}.", "{there} {new} acute {x} {at} {detail}.", "{x} {at}, acute in appearance, {detail}{since}."], Ends = ["Acute {x} {at} {detail}{since}.", "{new} acute {x} {at}.", "{there} {new} acute {x} {at}."], Advice = s => s.IsStable ? null : Advice.Neurosurgery },
            new("spondylolisthesis") { Kinds = ["anterolisthesis/anterolistheses", "retrolisthesis/retrolistheses"], Concepts = ["malalignment"], Places = slips, At = "of {place}", Size = new(2, 8), Traits = [new("degree", "grade 1", "degenerative grade 1")], Weight = 2.5, MinAge = 40, Rank = 1, Says = ["{degree} {x} {at} by {size}{since}.", "{there} {new} {degree} {x} {at}, {size}.", "{there} {degree} {x} {at} by {size}{since}."], Ends = ["{degree} {x} {at}{since}.", "{new} {degree} {x} {at}.", "{there} {degree} {x} {at}{since}."] },
            new("straightening of lordosis") { Nouns = [$"~straightening of the {region} lordosis", $"~loss of the normal {region} lordosis"], Weight = 2.5, Rank = 0, Course = FindingCourse.Fixed, Diagnoses = ["muscle spasm or positioning"], Says = ["{x}{dx}.", "There is {x}.", "{x} is noted."] },
            new("osteopenia") { Kinds = ["~diffuse osteopenia", "~osteopenia"], Weight = 1.6, MinAge = 60, Rank = 0, Says = ["{x}{since}.", "There is {new} {x}.", "{there} {x}{since}."] },
            new("scoliosis") { Nouns = ["~scoliosis", "~curvature"], Traits = [new("curve", "dextroconvex", "levoconvex")], Grades = Mild, Weight = 1.4, Rank = 1, Concepts = ["malalignment"], Says = [$"{{grade}} {{curve}} {region} {{x}}{{since}}.", $"There is {{grade}} {{curve}} {{x}} of the {region} spine{{since}}."], Ends = ["{grade} {curve} {x}{since}.", "{new} {curve} {x}.", "{there} {grade} {curve} {x}{since}."] },
        ],
    };

    private static ReportOrgan Discs(string[] levels) => new("Discs and joints")
    {
        ByPlace = true,
        Normals = [new(["disc degeneration", "facet arthropathy"], ["Disc spaces are preserved.", "No significant degenerative change.", "Disc heights and facet joints are maintained.", "Intervertebral disc spaces are normal."])],
        Findings =
        [
            new("disc degeneration") { Kinds = ["~disc space narrowing", "~disc height loss with endplate osteophytes", "~degenerative disc disease"], Places = levels, At = "at {place}", Grades = Stenosis, Weight = 5, MinAge = 32, Rank = 1, Most = 3, Says = ["{grade} {x} at {place}{since}.", "There is {grade} {x} at {place}{since}.", "{place}: {new} {grade} {x}."], Ends = ["{grade} {x} at {place}{since}.", "{new} {grade} {x} at {place}.", "{there} {grade} {x} at {place}{since}."] },
            new("facet arthropathy") { Nouns = ["~facet arthropathy", "~facet joint sclerosis"], Places = levels, At = "at {place}", Grades = Stenosis, Weight = 3, MinAge = 45, Rank = 0, Most = 2, Says = ["{grade} {x} at {place}{since}.", "There is {grade} {x} at {place}{since}.", "{place}: {new} {grade} {x}."] },
        ],
    };

    private static ReportOrgan Soft(string concept, Wordings says) => new("Soft tissues") { Normals = [new([concept], says)] };

    private static readonly Wordings s_nothing = ["No acute fracture or malalignment.", "No acute osseous abnormality of the spine.", "No acute fracture.", "No acute spinal injury."];

    private static readonly ReportReason[] s_trauma =
    [
        new(["motor vehicle collision", "a fall from standing", "trauma", "a fall down stairs"]) { Boosts = ["vertebral fracture"], Question = "vertebral fracture", Asks = "acute fracture", Weight = 5 },
        new(["pain and tenderness after trauma", "midline tenderness after a fall", "assault"]) { Question = "vertebral fracture", Asks = "fracture", Weight = 4 },
    ];

    public static readonly ReportExam CervicalCt = new("CT cervical spine")
    {
        Modality = "CT", Titles = ["CT Cervical Spine without Contrast", "CT C-SPINE WO CONTRAST", "CT cervical spine, trauma"], Noun = "cervical spine CT", Weight = 3, Findings = 2.4, NormalChance = 0.2, AcuteConcept = "acute osseous abnormality", Interval = StudyInterval.Weeks,
        Techniques = ["Axial CT of the cervical spine without contrast, with sagittal and coronal reformats.", "Noncontrast CT of the cervical spine.", "Helical CT from the skull base to T1 with multiplanar reformats."],
        Organs = [Bones("cervical", ["C2 odontoid process", "C5 vertebral body", "C6 left lamina", "C7 spinous process", "C6 right articular pillar"], ["C3 on C4", "C4 on C5", "C7 on T1"], true), Discs(CervicalLevels), Soft("prevertebral swelling", ["No prevertebral soft tissue swelling.", "Prevertebral soft tissues are normal.", "The prevertebral soft tissues are unremarkable."])],
        Reasons = s_trauma, NothingAcute = s_nothing, Normal = ["Normal CT of the cervical spine.", "Unremarkable cervical spine CT.", "Negative CT of the cervical spine."],
    };

    public static readonly ReportExam LumbarCt = new("CT lumbar spine")
    {
        Modality = "CT", Titles = ["CT Lumbar Spine without Contrast", "CT L-SPINE WO CONTRAST", "CT lumbar spine, trauma"], Noun = "lumbar spine CT", Weight = 2, Findings = 2.6, NormalChance = 0.16, AcuteConcept = "acute osseous abnormality", Interval = StudyInterval.Weeks,
        Techniques = ["Axial CT of the lumbar spine without contrast, with sagittal and coronal reformats.", "Noncontrast CT of the lumbar spine.", "Helical CT of the lumbar spine with multiplanar reformats."],
        Organs = [Bones("lumbar", ["L1", "L2", "L3", "L4"], ["L3 on L4", "L4 on L5", "L5 on S1"], true), Discs(LumbarLevels), Soft("paraspinal hematoma", ["No paraspinal hematoma.", "Paraspinal soft tissues are unremarkable.", "Paravertebral soft tissues are normal."])],
        Reasons = s_trauma, NothingAcute = s_nothing, Normal = ["Normal CT of the lumbar spine.", "Unremarkable lumbar spine CT.", "Negative CT of the lumbar spine."],
    };

    public static readonly ReportExam CervicalFilm = new("radiographs of the cervical spine")
    {
        Modality = "CR", Titles = ["XR Cervical Spine 3 Views", "XR C-SPINE AP LATERAL ODONTOID", "Cervical spine radiographs"], Noun = "cervical spine radiographs", Weight = 1.6, Findings = 2.2, NormalChance = 0.2, AcuteConcept = "acute osseous abnormality", Interval = StudyInterval.Years,
        Techniques = ["AP, lateral and odontoid views of the cervical spine.", "Three views of the cervical spine.", "Frontal, lateral and open-mouth radiographs."],
        Organs = [Bones("cervical", ["C2 odontoid process", "C6 vertebral body", "C7 spinous process"], ["C3 on C4", "C4 on C5"], false), Discs(CervicalLevels), Soft("prevertebral swelling", ["No prevertebral soft tissue swelling.", "The prevertebral soft tissues are normal.", "Prevertebral soft tissue contour is normal."])],
        Reasons = [new(["neck pain", "chronic neck pain", "neck stiffness"]) { Boosts = ["disc degeneration"], Weight = 5 }, .. s_trauma], NothingAcute = s_nothing, Normal = ["Normal cervical spine radiographs.", "Unremarkable radiographs of the cervical spine.", "Normal cervical spine series."],
    };

    public static readonly ReportExam LumbarFilm = new("radiographs of the lumbar spine")
    {
        Modality = "CR", Titles = ["XR Lumbar Spine 2 Views", "XR L-SPINE AP AND LATERAL", "Lumbar spine radiographs"], Noun = "lumbar spine radiographs", Weight = 2.5, Findings = 2.4, NormalChance = 0.16, AcuteConcept = "acute osseous abnormality", Interval = StudyInterval.Years,
        Techniques = ["AP and lateral views of the lumbar spine.", "Two views of the lumbar spine.", "Frontal and lateral radiographs of the lumbosacral spine."],
        Organs = [Bones("lumbar", ["L1", "L2", "L3", "T12"], ["L3 on L4", "L4 on L5", "L5 on S1"], false), Discs(LumbarLevels), Soft("sacroiliac abnormality", ["The sacroiliac joints are unremarkable.", "Sacroiliac joints are normal.", "No sacroiliac joint abnormality."])],
        Reasons = [new(["low back pain", "chronic low back pain", "back pain for several weeks"]) { Boosts = ["disc degeneration", "facet arthropathy"], Weight = 5 }, .. s_trauma], NothingAcute = s_nothing, Normal = ["Normal lumbar spine radiographs.", "Unremarkable radiographs of the lumbar spine.", "Normal lumbosacral spine series."],
    };
}
