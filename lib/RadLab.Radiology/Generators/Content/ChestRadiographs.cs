using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>Chest radiographs: two views and portable.</summary>
internal static class ChestRadiographs
{
    private static readonly ReportOrgan s_lungs = new("Lungs and pleura")
    {
        Normals =
        [
            new(["lung abnormality"], ["The lungs are clear.", "Lungs are clear bilaterally.", "Both lungs are well aerated and clear.", "The lung fields are clear.", "The lungs are free of focal opacity.", "The lungs are grossly clear.", "No active airspace disease is seen.", "There are no infiltrates.", "The lungs appear clear without areas of consolidation."]),
            new(["pleural abnormality"], ["The pleural spaces are clear.", "The costophrenic angles are sharp.", "Pleural surfaces are unremarkable."]) { Chance = 0.3 },
            new(["low lung volumes", "hyperinflation"], ["The lungs are well expanded.", "Lung volumes are normal.", "Inspiratory effort is adequate.", "The lungs are normally inflated."]) { Chance = 0.3 },
            new(["pulmonary vascular abnormality"], ["Pulmonary vascularity is within normal limits.", "The pulmonary vasculature is unremarkable.", "Pulmonary vascular markings appear normal.", "Normal pulmonary vascularity."]) { Chance = 0.35 },
        ],
        Negatives =
        [
            new("consolidation", "focal consolidation", "focal airspace opacity", "airspace consolidation"), new("pneumothorax", "pneumothorax"), new("pleural effusion", "pleural effusion", "effusion"),
            new("pulmonary edema", "pulmonary edema", "overt edema"), new("lung mass", "suspicious nodule", "mass"),
        ],
        Otherwise = ["The lungs are otherwise clear.", "The remaining lung fields are clear.", "Remainder of the lungs is clear."],
        Findings =
        [
            new("airspace opacity") { Nouns = ["airspace opacity", "~consolidation", "focal opacity", "infiltrate", "~airspace disease"], Concepts = ["consolidation", "lung abnormality"], Places = [.. Lobes, "right lung base", "left lung base"], Traits = [new("density", "patchy", "hazy", "dense", "ill-defined", "confluent")], Diagnoses = ["pneumonia", "aspiration", "atelectasis or early pneumonia"], Weight = 7, Rank = 2, Acute = true, Course = FindingCourse.Acute, Doubt = 0.12, Most = 2,
                Says = ["{there} {density} {x} in the {place}{since}.", "{new} {density} {x} {is} [seen|noted|present] in the {place}.", "{density} {x} in the {place}{since}.", "The {place} shows {a} {new} {density} {x}."],
                Ends = ["{new} {x} in the {place}{dx}.", "{place} {x}{since}{dx}.", "{density} {x} in the {place}{since}{dx}."], Advice = s => s.Change is EntityChange.Decreased ? null : Advice.ChestFilmLater },
            new("pleural effusion") { Concepts = ["pleural abnormality"], Side = FindingSide.EitherOrBoth, Grades = Amount, Weight = 6, Rank = 2, Acute = true, Course = FindingCourse.Acute,
                Says = ["{there} {grade} {side} {x}{since}.", "{grade} {side} {x}{since}.", "{new} {grade} {side} {x} {is} [seen|present].", "{side} costophrenic angle blunting compatible with {a} {grade} {x}{since}."],
                Ends = ["{grade} {side} {x}{since}.", "{new} {grade} {side} {x}.", "{there} {grade} {side} {x}{since}."] },
            new("pneumothorax") { Nouns = ["pneumothorax/pneumothoraces"], Concepts = ["pleural abnormality"], Side = FindingSide.Either, Grades = ["tiny", "small", "moderate", "large"], Size = new(4, 35), Weight = 1.6, Rank = 3, Acute = true, Course = FindingCourse.Acute,
                Says = ["{there} {grade} {side} apical {x} measuring {size}{since}.", "{grade} {side} {x} with {size} of pleural separation at the apex{since}.", "{a} {new} {grade} {side} {x} {is} seen, {size} at the apex."],
                Ends = ["{grade} {side} {x}{since}.", "{new} {grade} {side} {x}.", "{grade} {side} apical {x}{since}.", "{there} {grade} {side} {x}{since}."] },
            new("atelectasis") { Nouns = ["~atelectasis", "#atelectatic changes"], Concepts = ["lung abnormality"], Places = ["right lung base", "left lung base", "lung bases", "left mid lung", "right mid lung"], Traits = [new("form", "linear", "subsegmental", "platelike", "streaky", "dependent")], Grades = Mild, Weight = 5, Rank = 1, Course = FindingCourse.Acute, Most = 1, At = "at the {place}",
                Says = ["{there} {grade} {form} {x} {at}{since}.", "{grade} {form} {x} {at}{since}.", "{new} {form} {x} {at}, {grade} in degree."],
                Ends = ["{grade} {x} {at}{since}.", "{new} {form} {x} {at}.", "{form} {x} {at}{since}.", "{there} {grade} {x} {at}{since}."] },
            new("pulmonary edema") { Kinds = ["~pulmonary edema", "~interstitial edema", "~pulmonary vascular congestion"], Concepts = ["lung abnormality", "pulmonary vascular abnormality"], Grades = Stenosis, Weight = 3.5, Rank = 2, Acute = true, Course = FindingCourse.Acute, Excludes = ["hyperinflation"],
                Says = ["There is {grade} {x}{since}.", "{grade} {x}{since}.", "Increased interstitial markings with perihilar haziness, compatible with {grade} {x}{since}.", "Cephalization of vessels indicates {new} {grade} {x}."],
                Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "Findings of {grade} {x}{since}.", "{there} {grade} {x}{since}."] },
            new("hyperinflation") { Nouns = ["~hyperinflation", "~hyperexpansion"], Excludes = ["low lung volumes"], Grades = Mild, Weight = 2.5, MinAge = 40, Rank = 1, Diagnoses = ["emphysema", "chronic obstructive pulmonary disease"],
                Says = ["{grade} {x} of the lungs with flattened diaphragms{since}.", "There is {grade} {x} of both lungs{since}.", "The lungs show {grade} {x}{since}."],
                Ends = ["{grade} {x}{since}{dx}.", "{x} of the lungs{since}{dx}.", "{there} {grade} {x}{since}{dx}."] },
            new("low lung volumes") { Nouns = ["#low lung volumes"], Weight = 2.5, Rank = 0, Course = FindingCourse.Fixed, Excludes = ["hyperinflation"],
                Says = ["{there} {new} {x} with bronchovascular crowding.", "{x} accentuate the bronchovascular markings{since}.", "{x}{since}."] },
            new("pulmonary nodule") { Nouns = ["nodule", "nodular opacity", "pulmonary nodule"], Concepts = ["lung abnormality", "lung mass"], Places = ["right upper lobe", "right mid lung", "right lower lobe", "left upper lobe", "left mid lung", "left lower lobe"], Size = new(6, 24), Weight = 1.8, MinAge = 30, Rank = 2, Course = FindingCourse.Lesion, AdviceChance = 1,
                Says = ["{there} {size} {x} in the {place}{since}.", "{a} {new} {size} {x} projects over the {place}.", "{size} {x} in the {place}{since}."],
                Ends = ["{size} {x} in the {place}{since}.", "{new} {size} {place} {x}.", "{place} {x} measuring {size}{since}."], Advice = s => s.IsStable ? null : Advice.ChestCt },
            new("calcified granuloma") { Concepts = ["lung abnormality"], Places = Lobes, Size = new(3, 9), Weight = 2, Rank = 0, Course = FindingCourse.Fixed,
                Says = ["{there} {size} {x} in the {place}.", "{size} {x} in the {place}.", "A small calcified nodule in the {place} [is|represents] {a} {x}."] },
            new("apical scarring") { Kinds = ["~apical scarring", "~apical pleural thickening", "~apical pleuroparenchymal scarring"], Concepts = ["lung abnormality", "pleural abnormality"], Side = FindingSide.EitherOrBoth, Grades = Mild, Weight = 1.8, MinAge = 40, Rank = 0,
                Says = ["{grade} {side} {x}{since}.", "There is {grade} {side} {x}{since}.", "{new} {grade} {side} {x}.", "{there} {grade} {side} {x}{since}."] },
            new("interstitial lung disease") { Kinds = ["#reticular opacities", "#coarse interstitial markings"], Concepts = ["lung abnormality"], Grades = Mild, Weight = 1.2, MinAge = 45, Rank = 2, Diagnoses = ["pulmonary fibrosis", "chronic interstitial lung disease"], Excludes = ["hyperinflation"],
                Says = ["{grade} {x} with a peripheral and basilar predominance{since}.", "There are {grade} {x} at both lung bases{since}.", "{new} {grade} {x}, most marked at the bases."],
                Ends = ["{grade} bibasilar {x}{since}{dx}.", "{new} {x}{dx}.", "Peripheral and basilar {x}{since}{dx}."] },
        ],
    };

    private static readonly ReportOrgan s_heart = new("Heart and mediastinum")
    {
        Normals =
        [
            new(["cardiomegaly", "mediastinal abnormality"], ["The cardiomediastinal silhouette is within normal limits.", "Heart size and mediastinal contours are normal.", "Cardiomediastinal contours are unremarkable.", "The cardiac and mediastinal silhouettes are normal.", "Normal cardiomediastinal silhouette.", "Cardiac and mediastinal contours appear within normal limits.", "The heart and mediastinum are grossly unremarkable."]) { Chance = 0.9 },
            new(["hilar abnormality"], ["The hila are unremarkable.", "Hilar contours are normal.", "The hilar structures are within normal limits."]) { Chance = 0.25 },
            new(["cardiomegaly"], ["The heart is not enlarged.", "Heart size is normal.", "Cardiac size is within normal limits.", "The heart appears normal in size.", "Heart size is within normal limits."]) { Chance = 0.8 },
        ],
        Findings =
        [
            new("cardiomegaly") { Nouns = ["~cardiomegaly", "~cardiac enlargement", "~enlargement of the cardiac silhouette"], Concepts = ["cardiac abnormality"], Grades = Stenosis, Weight = 6, Rank = 1, MinAge = 30,
                Says = ["There is {grade} {x}{since}.", "{grade} {x}{since}.", "{new} {grade} {x} {is} [present|noted]."],
                Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "Heart enlargement: {grade} {x}{since}.", "{there} {grade} {x}{since}."] },
            new("tortuous aorta") { Nouns = ["~tortuosity of the thoracic aorta", "~tortuosity and ectasia of the aorta", "~unfolding of the aorta"], Concepts = ["mediastinal abnormality"], Grades = Mild, Weight = 3, MinAge = 55, Rank = 0,
                Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("aortic calcification") { Nouns = ["#atherosclerotic calcifications", "~calcified plaque", "~calcification"], Weight = 3, MinAge = 50, Rank = 0, Concepts = ["vascular calcification"],
                Says = ["{x} of the aortic [arch|knob]{since}.", "{new} {x} {is} seen in the aortic arch.", "There {is} {x} of the thoracic aorta{since}."] },
            new("hiatal hernia") { Concepts = ["mediastinal abnormality"], Grades = ["small", "moderate", "large"], Weight = 1.8, MinAge = 40, Rank = 1,
                Says = ["{there} {grade} {x}{since}.", "A retrocardiac air-fluid level represents {a} {grade} {x}{since}.", "{new} {grade} {x}."],
                Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("hilar enlargement") { Nouns = ["~hilar prominence", "~hilar enlargement", "~hilar fullness"], Concepts = ["hilar abnormality"], Side = FindingSide.EitherOrBoth, Weight = 1.2, Rank = 2, Course = FindingCourse.Lesion, Diagnoses = ["lymphadenopathy", "a prominent pulmonary artery", "a hilar mass"],
                Says = ["There is {side} {x}{since}.", "{new} {side} {x}.", "{side} {x} is [noted|present]{since}."],
                Ends = ["{side} {x}{since}{dx}.", "{new} {side} {x}{dx}.", "{there} {side} {x}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.ChestCt },
            new("median sternotomy") { Kinds = ["#median sternotomy wires", "#sternotomy wires and mediastinal clips"], Weight = 2, MinAge = 45, Rank = 0, Course = FindingCourse.Fixed, Says = ["{x} are [present|intact|noted].", "There are {x}.", "Postsurgical changes with {x}."] },
        ],
    };

    private static readonly ReportOrgan s_devices = new("Lines and tubes")
    {
        Findings =
        [
            new("endotracheal tube") { Size = new(28, 62), Weight = 9, Rank = 0, Course = FindingCourse.Fixed, Says = ["{x} tip is {size} above the carina.", "The {x} terminates {size} above the carina.", "{x} in [satisfactory|appropriate] position, with its tip {size} above the carina."] },
            new("right mainstem intubation") { Nouns = ["~right mainstem intubation"], Excludes = ["endotracheal tube"], Weight = 0.8, Rank = 3, Acute = true, Course = FindingCourse.Acute, Says = ["The endotracheal tube tip lies in the right mainstem bronchus{since}.", "There is {new} {x}, with the tube tip beyond the carina."], Ends = ["{x}{since}.", "{new} {x}: the endotracheal tube extends beyond the carina.", "{there} {x}{since}."], Advice = _ => Advice.Reposition, AdviceChance = 1 },
            new("enteric tube") { Weight = 7, Rank = 0, Course = FindingCourse.Fixed, Says = ["{x} courses below the diaphragm with its tip in the stomach.", "The {x} ends within the stomach.", "{x} tip overlies the gastric body."] },
            new("central venous catheter") { Side = FindingSide.Either, Traits = [new("kind", "internal jugular", "subclavian")], Weight = 7, Rank = 0, Course = FindingCourse.Fixed, Says = ["{side} {kind} {x} tip [projects over|is at] the [cavoatrial junction|lower superior vena cava].", "A {side} {kind} {x} terminates in the superior vena cava.", "The tip of the {side} {kind} {x} overlies the superior vena cava."] },
            new("pacemaker") { Kinds = ["dual-chamber pacemaker", "single-lead pacemaker", "cardiac pacing device"], Side = FindingSide.Either, Weight = 2, MinAge = 50, Rank = 0, Course = FindingCourse.Fixed, Says = ["{side} chest wall {x} with leads in expected position.", "{a} {side} {x} is in place.", "{side}-sided {x} with intact leads."] },
            new("chest tube") { Side = FindingSide.Either, Weight = 2, Rank = 0, Course = FindingCourse.Fixed, Says = ["{a} {side} {x} is in place.", "{side} {x} in [satisfactory|stable] position.", "{side} {x} remains with its tip at the [apex|base]."] },
        ],
    };

    private static readonly ReportOrgan s_bones = new("Bones")
    {
        Normals =
        [
            new(["acute osseous abnormality"], ["No acute osseous abnormality.", "Osseous structures are intact.", "The visualized bony structures are unremarkable.", "No acute bony abnormality is seen.", "The bony thorax is intact.", "The skeletal structures appear intact.", "No acute osseous findings.", "Visualized osseous structures are grossly intact."]),
        ],
        Findings =
        [
            new("spondylosis") { Nouns = ["#degenerative changes", "#spondylotic changes", "~spondylosis"], Grades = Stenosis, Weight = 4, MinAge = 45, Rank = 0, Says = ["{grade} {x} of the thoracic spine{since}.", "There {is} {grade} {x} in the thoracic spine{since}.", "{new} {grade} {x} of the spine."] },
            new("rib fracture") { Nouns = ["fracture"], OldNouns = ["healed fracture", "old fracture"], Concepts = ["acute osseous abnormality"], Places = ["right fifth rib", "right sixth rib", "right seventh rib", "right eighth rib", "left fifth rib", "left sixth rib", "left seventh rib", "left eighth rib"], At = "of the {place}", Traits = [new("displacement", "nondisplaced", "minimally displaced", "displaced")], Weight = 1.6, Rank = 2, Acute = true, Course = FindingCourse.Injury, Doubt = 0.2, Most = 2,
                Says = ["{there} {displacement} {x} {at}{since}.", "{displacement} fracture of the lateral {place}{since}.", "{a} {new} {displacement} {x} {at}."], Ends = ["{displacement} {x} {at}{since}.", "{new} {displacement} {x} {at}.", "{there} {displacement} {x} {at}{since}."] },
            new("old rib fracture") { Nouns = ["#healed rib fractures", "#old rib fractures", "#remote rib fractures"], Side = FindingSide.Either, Weight = 1.5, Rank = 0, Course = FindingCourse.Fixed, Excludes = ["rib fracture"], Says = ["{x} on the {side}.", "{side}-sided {x} are noted.", "There are {x} on the {side}."] },
            new("compression deformity") { OldNouns = ["chronic compression deformity", "old compression deformity"], Concepts = ["acute osseous abnormality"], Places = ["T6", "T7", "T8", "T11", "T12"], At = "of {place}", Grades = Mild, Weight = 1.4, MinAge = 60, Rank = 1, Course = FindingCourse.Injury, Traits = [new("age", "age-indeterminate", "chronic-appearing")],
                Says = ["{there} {grade} {age} {x} {at}{since}.", "{grade} {age} {x} {at}{since}.", "{new} {grade} {age} {x} {at}."], Ends = ["{grade} {age} {x} {at}{since}.", "{new} {age} {x} {at}.", "{there} {grade} {age} {x} {at}{since}."], Advice = s => s.IsStable ? null : Advice.Densitometry },
            new("scoliosis") { Nouns = ["~scoliosis", "~scoliotic curvature"], Traits = [new("curve", "dextroconvex", "levoconvex", "S-shaped")], Grades = Mild, Weight = 1.3, Rank = 0, Says = ["{grade} {curve} {x} of the thoracic spine{since}.", "There is {grade} {curve} {x}{since}.", "{new} {grade} {curve} thoracic {x}."] },
            new("shoulder arthrosis") { Nouns = ["#degenerative changes"], Side = FindingSide.Either, Weight = 1, MinAge = 55, Rank = 0, Says = ["{x} of the {side} shoulder{since}.", "{x} at the {side} acromioclavicular joint{since}.", "{there} {x} of the {side} shoulder{since}."] },
        ],
    };

    private static readonly ReportReason[] s_reasons =
    [
        new(["cough and fever", "productive cough", "fever and cough for several days", "cough", "fever and chills"]) { Boosts = ["airspace opacity"], Question = "consolidation", Asks = "pneumonia", Weight = 5 },
        new(["shortness of breath", "dyspnea", "worsening shortness of breath", "dyspnea on exertion"]) { Boosts = ["pulmonary edema", "pleural effusion", "cardiomegaly"], Question = "pulmonary edema", Asks = "pulmonary edema", Weight = 5 },
        new(["chest pain", "pleuritic chest pain", "left-sided chest pain", "acute chest pain"]) { Boosts = ["pneumothorax"], Question = "pneumothorax", Asks = "pneumothorax", Weight = 4 },
        new(["a fall with chest wall pain", "chest trauma", "rib pain after a fall", "motor vehicle collision"]) { Boosts = ["rib fracture", "pneumothorax"], Question = "acute osseous abnormality", Asks = "acute osseous injury", Weight = 2.5 },
        new(["preoperative evaluation", "preoperative clearance", "preoperative assessment before joint replacement"]) { Weight = 2, MinAge = 30 },
        new(["a positive tuberculin skin test", "a positive tuberculosis screening test", "a positive PPD"]) { Boosts = ["apical scarring", "calcified granuloma"], Weight = 1 },
        new(["weight loss and a smoking history", "hemoptysis", "long smoking history"]) { Boosts = ["pulmonary nodule", "hyperinflation", "hilar enlargement"], Question = "lung mass", Asks = "a lung mass", Weight = 2, MinAge = 35 },
        new(["congestive heart failure", "leg swelling and orthopnea", "known heart failure with weight gain"]) { Boosts = ["pulmonary edema", "cardiomegaly", "pleural effusion"], Question = "pulmonary edema", Asks = "volume overload", NotWith = ["pleural effusion", "cardiomegaly"], Weight = 2.5, MinAge = 40 },
    ];

    public static readonly ReportExam TwoViews = new("chest radiograph, two views")
    {
        Modality = "CR", Titles = ["XR Chest 2 Views", "XR CHEST PA AND LATERAL", "Chest, PA and lateral", "CHEST TWO VIEWS"], Noun = "chest radiograph", Weight = 16,
        Techniques = ["PA and lateral views of the chest.", "Frontal and lateral chest radiographs.", "Two views of the chest were obtained.", "Upright PA and lateral radiographs of the chest."],
        Organs = [s_lungs, s_heart, s_bones], Reasons = s_reasons, AcuteConcept = "acute cardiopulmonary abnormality", Findings = 2, NormalChance = 0.28,
        NothingAcute = ["No acute cardiopulmonary abnormality.", "No acute cardiopulmonary process.", "No acute cardiopulmonary disease.", "No evidence of acute cardiopulmonary disease.", "No acute intrathoracic abnormality.", "No active disease.", "No acute cardiopulmonary findings.", "No acute pulmonary disease.", "No active cardiopulmonary disease.", "No radiographic evidence of acute disease."],
        Normal = ["Normal chest radiograph.", "Normal chest.", "Unremarkable chest radiographs.", "Normal examination of the chest.", "Normal two-view chest."],
    };

    public static readonly ReportExam Portable = new("chest radiograph, portable")
    {
        Modality = "CR", Titles = ["XR Chest Portable", "XR CHEST 1 VIEW PORTABLE", "Portable chest", "CHEST AP PORTABLE"], Noun = "portable chest radiograph", Weight = 9, Interval = StudyInterval.Days,
        Techniques = ["Single portable AP view of the chest.", "Portable AP chest radiograph.", "One AP view of the chest obtained at the bedside.", "Semi-upright AP portable view of the chest."],
        Organs = [s_devices, s_lungs, s_heart, s_bones], AcuteConcept = "acute cardiopulmonary abnormality", Findings = 3.5, NormalChance = 0.06,
        Reasons =
        [
            new(["respiratory failure", "acute respiratory failure on mechanical ventilation", "hypoxia", "increasing oxygen requirement"]) { Boosts = ["airspace opacity", "pulmonary edema", "endotracheal tube"], Question = "pneumothorax", Asks = "pneumothorax", Weight = 5 },
            new(["line placement", "central line placement", "intubation", "tube placement"]) { Boosts = ["central venous catheter", "endotracheal tube", "enteric tube"], Question = "pneumothorax", Asks = "pneumothorax", Weight = 5 },
            new(["sepsis", "fever in the intensive care unit", "leukocytosis and fever"]) { Boosts = ["airspace opacity", "pleural effusion"], Question = "consolidation", Asks = "pneumonia", Weight = 4 },
            new(["postoperative evaluation after cardiac surgery", "status post coronary bypass surgery", "recent cardiac surgery"]) { Boosts = ["median sternotomy", "chest tube", "atelectasis", "pleural effusion"], MinAge = 45, Weight = 3 },
            new(["congestive heart failure", "volume overload", "decompensated heart failure"]) { Boosts = ["pulmonary edema", "pleural effusion", "cardiomegaly"], Question = "pulmonary edema", Asks = "pulmonary edema", Weight = 3, MinAge = 40 },
        ],
        NothingAcute = ["No acute cardiopulmonary abnormality.", "No acute cardiopulmonary process.", "No acute intrathoracic process on this portable view.", "No acute chest abnormality on portable radiograph."],
        Normal = ["Normal portable chest radiograph.", "Unremarkable portable chest.", "Normal single-view chest."],
    };
}
